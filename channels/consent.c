// SPDX-License-Identifier: Apache-2.0
// One table of words for all adapters of short messages. Owns constants only. YES and its like are not in it: they answer questions.
#include "channels/consent.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

#define CONSENT_LEN_MAX 64 // bytes of a message that may be a word

static const struct {
    enum consent_wish wish;
    const char *word;
} words[] = {
    // English, and what operators and regulators ask for everywhere
    {CONSENT_STOP, "stop"},
    {CONSENT_STOP, "stopall"},
    {CONSENT_STOP, "stop all"},
    {CONSENT_STOP, "unsubscribe"},
    {CONSENT_STOP, "cancel"},
    {CONSENT_STOP, "end"},
    {CONSENT_STOP, "quit"},
    {CONSENT_STOP, "revoke"},
    {CONSENT_STOP, "optout"},
    {CONSENT_STOP, "opt out"},
    {CONSENT_STOP, "opt-out"},
    {CONSENT_START, "start"},
    {CONSENT_START, "unstop"},
    {CONSENT_START, "subscribe"},
    {CONSENT_HELP, "help"},
    {CONSENT_HELP, "info"},
    // German
    {CONSENT_STOP, "stopp"},
    {CONSENT_STOP, "abmelden"},
    {CONSENT_STOP, "abbestellen"},
    {CONSENT_START, "anmelden"},
    {CONSENT_HELP, "hilfe"},
    // French
    {CONSENT_STOP, "arrêt"},
    {CONSENT_STOP, "arret"},
    {CONSENT_STOP, "arrêter"},
    {CONSENT_STOP, "désabonner"},
    {CONSENT_STOP, "desabonner"},
    {CONSENT_START, "reprendre"},
    {CONSENT_HELP, "aide"},
    // Spanish
    {CONSENT_STOP, "alto"},
    {CONSENT_STOP, "parar"},
    {CONSENT_STOP, "baja"},
    {CONSENT_STOP, "cancelar"},
    {CONSENT_START, "alta"},
    {CONSENT_HELP, "ayuda"},
    // Portuguese
    {CONSENT_STOP, "sair"},
    {CONSENT_START, "iniciar"},
    {CONSENT_HELP, "ajuda"},
    // Italian
    {CONSENT_STOP, "annulla"},
    {CONSENT_STOP, "disiscrivi"},
    {CONSENT_START, "iscrivi"},
    {CONSENT_HELP, "aiuto"},
    // Dutch
    {CONSENT_STOP, "stoppen"},
    {CONSENT_STOP, "afmelden"},
    {CONSENT_START, "aanmelden"},
    // Swedish, Norwegian, Danish
    {CONSENT_STOP, "stopp alla"},
    {CONSENT_STOP, "avsluta"},
    {CONSENT_STOP, "afmeld"},
    {CONSENT_HELP, "hjälp"},
    {CONSENT_HELP, "hjelp"},
    {CONSENT_HELP, "hjælp"},
    // Polish
    {CONSENT_STOP, "rezygnuję"},
    {CONSENT_HELP, "pomoc"},
    // Turkish
    {CONSENT_STOP, "iptal"},
    {CONSENT_STOP, "ret"},
    {CONSENT_HELP, "yardım"},
    // Russian, Ukrainian
    {CONSENT_STOP, "стоп"},
    {CONSENT_STOP, "отписаться"},
    {CONSENT_STOP, "відписатися"},
    {CONSENT_START, "старт"},
    {CONSENT_HELP, "помощь"},
    {CONSENT_HELP, "допомога"},
    // Greek
    {CONSENT_STOP, "στοπ"},
    {CONSENT_HELP, "βοήθεια"},
    // Arabic, Hebrew
    {CONSENT_STOP, "إيقاف"},
    {CONSENT_STOP, "إلغاء"},
    {CONSENT_HELP, "مساعدة"},
    {CONSENT_STOP, "הסר"},
    {CONSENT_HELP, "עזרה"},
    // Chinese, Japanese, Korean
    {CONSENT_STOP, "退订"},
    {CONSENT_STOP, "退訂"},
    {CONSENT_STOP, "td"},
    {CONSENT_STOP, "停止"},
    {CONSENT_STOP, "解除"},
    {CONSENT_STOP, "수신거부"},
    {CONSENT_HELP, "帮助"},
    {CONSENT_HELP, "ヘルプ"},
    {CONSENT_HELP, "도움말"},
};

static int is_around(char c)
{
    return c != 0 && strchr(" \t\r\n.!,;:\"'()*#", c) != NULL;
}

enum consent_wish consent_read(const char *text)
{
    while (is_around(*text))
        text++;
    size_t len = strnlen(text, CONSENT_LEN_MAX * 2);
    while (len && is_around(text[len - 1]))
        len--;
    if (len == 0 || len > CONSENT_LEN_MAX)
        return CONSENT_NONE;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        int order = 1;
        if (u8_casecmp((const uint8_t *)text, len, (const uint8_t *)words[i].word, strlen(words[i].word), NULL,
                       UNINORM_NFKC, &order) == 0 &&
            order == 0)
            return words[i].wish;
    }
    return CONSENT_NONE;
}
