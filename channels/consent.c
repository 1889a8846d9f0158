// SPDX-License-Identifier: Apache-2.0
// One table of words for all adapters of short messages. Owns constants only. YES and its like are not in it: they answer questions.
#include "channels/consent.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#define STOP            THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_STOPPED
#define START           THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_STARTED
#define HELP            THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_HELP
#define NONE            THROUGHLINE__V1__CONSENT_STATE__CONSENT_STATE_UNSPECIFIED

#define CONSENT_LEN_MAX 64 // bytes of a message that may be a word

static const struct {
    Throughline__V1__ConsentState wish;
    const char *word;
} words[] = {
    // English, and what operators and regulators ask for everywhere
    {STOP, "stop"},
    {STOP, "stopall"},
    {STOP, "stop all"},
    {STOP, "unsubscribe"},
    {STOP, "cancel"},
    {STOP, "end"},
    {STOP, "quit"},
    {STOP, "revoke"},
    {STOP, "optout"},
    {STOP, "opt out"},
    {STOP, "opt-out"},
    {START, "start"},
    {START, "unstop"},
    {START, "subscribe"},
    {HELP, "help"},
    {HELP, "info"},
    // German
    {STOP, "stopp"},
    {STOP, "abmelden"},
    {STOP, "abbestellen"},
    {START, "anmelden"},
    {HELP, "hilfe"},
    // French
    {STOP, "arrêt"},
    {STOP, "arret"},
    {STOP, "arrêter"},
    {STOP, "désabonner"},
    {STOP, "desabonner"},
    {START, "reprendre"},
    {HELP, "aide"},
    // Spanish
    {STOP, "alto"},
    {STOP, "parar"},
    {STOP, "baja"},
    {STOP, "cancelar"},
    {START, "alta"},
    {HELP, "ayuda"},
    // Portuguese
    {STOP, "sair"},
    {START, "iniciar"},
    {HELP, "ajuda"},
    // Italian
    {STOP, "annulla"},
    {STOP, "disiscrivi"},
    {START, "iscrivi"},
    {HELP, "aiuto"},
    // Dutch
    {STOP, "stoppen"},
    {STOP, "afmelden"},
    {START, "aanmelden"},
    // Swedish, Norwegian, Danish
    {STOP, "stopp alla"},
    {STOP, "avsluta"},
    {STOP, "afmeld"},
    {HELP, "hjälp"},
    {HELP, "hjelp"},
    {HELP, "hjælp"},
    // Polish
    {STOP, "rezygnuję"},
    {HELP, "pomoc"},
    // Turkish
    {STOP, "iptal"},
    {STOP, "ret"},
    {HELP, "yardım"},
    // Russian, Ukrainian
    {STOP, "стоп"},
    {STOP, "отписаться"},
    {STOP, "відписатися"},
    {START, "старт"},
    {HELP, "помощь"},
    {HELP, "допомога"},
    // Greek
    {STOP, "στοπ"},
    {HELP, "βοήθεια"},
    // Arabic, Hebrew
    {STOP, "إيقاف"},
    {STOP, "إلغاء"},
    {HELP, "مساعدة"},
    {STOP, "הסר"},
    {HELP, "עזרה"},
    // Chinese, Japanese, Korean
    {STOP, "退订"},
    {STOP, "退訂"},
    {STOP, "td"},
    {STOP, "停止"},
    {STOP, "解除"},
    {STOP, "수신거부"},
    {HELP, "帮助"},
    {HELP, "ヘルプ"},
    {HELP, "도움말"},
};

static int is_around(char c)
{
    return c != 0 && strchr(" \t\r\n.!,;:\"'()*#", c) != NULL;
}

// The one spelling in which words are compared: without case, accents joined, full-width letters narrow. The table's words are in it.
// False when it does not fit.
static bool fold(const char *text, size_t len, char out[static CONSENT_LEN_MAX + 1])
{
    bool ascii = true;
    for (size_t i = 0; i < len; i++) {
        ascii &= (unsigned char)text[i] < 0x80;
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 'a' - 'A' : text[i]);
    }
    out[len] = 0;
    size_t room = CONSENT_LEN_MAX;
    uint8_t *folded =
        ascii ? (uint8_t *)out : u8_casefold((const uint8_t *)text, len, NULL, UNINORM_NFKC, (uint8_t *)out, &room);
    if (folded != (uint8_t *)out) { // longer than the room, or not UTF-8
        free(folded);
        return false;
    }
    out[ascii ? len : room] = 0;
    return true;
}

Throughline__V1__ConsentState consent_read(const char *text)
{
    char folded[CONSENT_LEN_MAX + 1];
    while (is_around(*text))
        text++;
    size_t len = strnlen(text, CONSENT_LEN_MAX * 2);
    while (len && is_around(text[len - 1]))
        len--;
    if (len == 0 || len > CONSENT_LEN_MAX || !fold(text, len, folded))
        return NONE;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(folded, words[i].word) == 0)
            return words[i].wish;
    return NONE;
}

const char *consent_word(size_t index)
{
    return index < sizeof words / sizeof *words ? words[index].word : NULL;
}

void consent_apply(struct region *m, struct adapter_events *out, const struct adapter_account *account,
                   Throughline__V1__Event *e, Throughline__V1__ConsentState wish)
{
    Throughline__V1__Message *message = e->message;
    const char *text = message->text;
    if (wish == NONE && message->n_attachments == 0)
        wish = consent_read(text);
    if (wish == NONE)
        return;
    if (wish == HELP || message->n_attachments || strlen(text) > CONSENT_LEN_MAX) {
        Throughline__V1__Event *words_too = adapter_event(m, out, account);
        *words_too = *e;
        words_too->id = region_format(m, "%.190s-words", e->id);
    }
    e->body_case = THROUGHLINE__V1__EVENT__BODY_CONSENT;
    e->consent = region_new(m, 1, sizeof(*e->consent));
    throughline__v1__consent__init(e->consent);
    e->consent->state = wish;
    e->consent->keyword = region_line(m, text, strlen(text), CONSENT_LEN_MAX);
}
