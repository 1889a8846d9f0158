// SPDX-License-Identifier: Apache-2.0
// Events of gateways, as JSON or protobuf, through all that judges them before the log. One that is refused says why and where; one
// that is fit is fit in its other form too, with the same handles, and is told from others by the same digest.
#include "daemon/core/triage_private.h"
#include "proto/json.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Throughline__V1__Event *event_read(const uint8_t *data, size_t size)
{
    const ProtobufCMessageDescriptor *d = &throughline__v1__event__descriptor;
    struct json_error err;
    bool json = size > 0 && (data[0] == '{' || data[0] == ' ');
    return (Throughline__V1__Event *)(json ? json_read(d, (const char *)data, size, &err)
                                           : wire_read(d, data, size, &err));
}

static void event_free(Throughline__V1__Event *e)
{
    throughline__v1__event__free_unpacked(e, NULL);
}

static void check_fault(const struct triage_fault *f)
{
    assert(f->code && *f->code && *f->detail && memchr(f->field, 0, sizeof f->field) && *f->field);
    assert(memchr(f->detail, 0, sizeof f->detail));
}

static void check_handles(const struct triage_fit *fit)
{
    char again[HANDLE_MAX];
    const char *why;
    assert(handle_normalise(fit->from, again, &why) && strcmp(fit->from, again) == 0);
    assert(fit->verified_n <= TRIAGE_HANDLES_MAX && fit->claimed_n <= 2 * TRIAGE_HANDLES_MAX);
    for (uint32_t i = 0; i < fit->verified_n; i++)
        assert(handle_normalise(fit->verified[i], again, &why) && strcmp(fit->verified[i], again) == 0);
    assert(!fit->verified_n || fit->e->authentication == THROUGHLINE__V1__AUTHENTICATION__AUTHENTICATION_SIGNED);
}

// The same event once more, in this form: as fit, and the same.
static void check_same(struct triage_digester *digester, const uint8_t *bytes, size_t len, const char *digest)
{
    static struct triage_fit fit;
    struct triage_fault f;
    char again[TRIAGE_DIGEST_SIZE];
    Throughline__V1__Event *e = event_read(bytes, len);
    assert(e && triage_check(e, &fit, &f));
    triage_digest(digester, &fit, again);
    assert(strcmp(digest, again) == 0);
    event_free(e);
}

static void check_fit(const Throughline__V1__Event *e, const struct triage_fit *fit)
{
    struct triage_digester *digester = triage_digester_new();
    char digest[TRIAGE_DIGEST_SIZE];
    size_t len = 0;
    check_handles(fit);
    triage_digest(digester, fit, digest);
    char *text = json_write(&e->base, &len);
    assert(text);
    check_same(digester, (const uint8_t *)text, len, digest);
    free(text);
    uint8_t *bytes = malloc(throughline__v1__event__get_packed_size(e) + 1);
    assert(bytes);
    len = throughline__v1__event__pack(e, bytes);
    check_same(digester, bytes, len, digest);
    free(bytes);
    triage_digester_free(digester);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct triage_fit fit;
    struct triage_fault fault = {.code = NULL};
    Throughline__V1__Event *e = event_read(data, size);
    if (!e)
        return 0;
    if (triage_check(e, &fit, &fault))
        check_fit(e, &fit);
    else
        check_fault(&fault);
    event_free(e);
    return 0;
}
