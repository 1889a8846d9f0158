// SPDX-License-Identifier: Apache-2.0
// Attachments on a real folder: kept once, found by their hash, young again when they come again, removed by age, bounded; links that hold for their time and
// for what was signed, over a change of keys.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/loop.h"
#include "daemon/media/media.h"

#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static char dir[] = "/tmp/tl-media-XXXXXX";
static struct media *m;
static const char *const deny[] = {"application/x-msdownload", "audio/*"};

static struct media *open_media(void)
{
    char why[256] = "";
    struct media *made = media_new(
        &(struct media_options){
            .dir = dir, .total_max = 100, .file_max = 60, .keep_days = 10, .deny = deny, .deny_n = 2},
        why, sizeof why);
    if (!made)
        fail_msg("%s", why);
    return made;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tl-media-XXXXXX");
    m = mkdtemp(dir) ? open_media() : NULL;
    return m ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    media_free(m);
    char *command = xasprintf("rm -rf %s", dir);
    int rc = system(command); // NOLINT(cert-env33-c): our own folder
    free(command);
    return rc;
}

static void set_age(const char *sha, int64_t mtime)
{
    char *path = xasprintf("%s/main/%.2s/%s", dir, sha, sha);
    struct timespec t[2] = {{.tv_sec = mtime}, {.tv_sec = mtime}};
    assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
    free(path);
}

static void test_equal_bytes_are_kept_once(void **state)
{
    (void)state;
    char sha[MEDIA_SHA_SIZE], again[MEDIA_SHA_SIZE];
    struct media_part p;
    assert_int_equal(media_put(m, "main", "hello", 5, sha), TL_OK);
    assert_string_equal(sha, HELLO);
    assert_int_equal(media_put(m, "main", "hello", 5, again), TL_OK);
    assert_int_equal(media_bytes(m), 5);
    assert_int_equal(media_read(m, "main", sha, 0, 100, &p), TL_OK);
    assert_int_equal(p.total, 5);
    assert_memory_equal(p.bytes, "hello", 5);
    free(p.bytes);
    assert_int_equal(media_read(m, "main", sha, 1, 3, &p), TL_OK);
    assert_memory_equal(p.bytes, "ell", 3);
    assert_int_equal(p.len, 3);
    free(p.bytes);
    assert_int_equal(media_read(m, "main", sha, 5, 3, &p), TL_INVALID);
    assert_int_equal(media_read(m, "other", sha, 0, 9, &p), TL_ABSENT);
    media_free(m);
    m = open_media(); // counts what is there
    assert_int_equal(media_bytes(m), 5);
}

static void test_names_from_outside_leave_no_folder(void **state)
{
    (void)state;
    char sha[MEDIA_SHA_SIZE];
    struct media_part p;
    assert_int_equal(media_put(m, "..", "hello", 5, sha), TL_INVALID);
    assert_int_equal(media_put(m, "a/b", "hello", 5, sha), TL_INVALID);
    assert_int_equal(media_read(m, "main", "../../../../etc/passwd", 0, 9, &p), TL_ABSENT);
    assert_int_equal(media_read(m, "main", "", 0, 9, &p), TL_ABSENT);
    assert_int_equal(
        media_read(m, "main", "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824", 0, 9, &p), TL_ABSENT);
}

static void test_what_is_too_much_or_unwanted_is_refused(void **state)
{
    (void)state;
    char sha[MEDIA_SHA_SIZE], big[70] = {0};
    assert_null(media_refusal(m, "text/plain", "hello", 5));
    assert_non_null(media_refusal(m, "text/plain", big, 61));
    assert_non_null(media_refusal(m, "application/X-MSdownload; name=x", "hello", 5));
    assert_non_null(media_refusal(m, "image/png", "MZ\x90", 3)); // whatever it calls itself
    assert_non_null(media_refusal(m, "audio/amr", "hello", 5));
    assert_int_equal(media_put(m, "main", big, 60, sha), TL_OK);
    big[0] = 1;
    assert_int_equal(media_put(m, "main", big, 60, sha), TL_FULL);
    assert_int_equal(media_put(m, "main", big, 40, sha), TL_OK);
}

static void test_age_removes_what_nobody_young_names(void **state)
{
    (void)state;
    char sha[MEDIA_SHA_SIZE];
    struct media_part p;
    int64_t now = 2000000000;
    assert_int_equal(media_put(m, "main", "hello", 5, sha), TL_OK);
    set_age(sha, now - 10 * 86400 + 1);
    assert_int_equal(media_clean(m, 0x2c, now), 0);
    set_age(sha, now - 10 * 86400 - 1);
    assert_int_equal(media_clean(m, 0x2d, now), 0); // another slice
    assert_int_equal(media_put(m, "main", "hello", 5, sha), TL_OK);
    assert_int_equal(media_clean(m, 0x2c, time(NULL)), 0); // it came again
    set_age(sha, now - 10 * 86400 - 1);
    assert_int_equal(media_clean(m, 0x12c, now), 1);
    assert_int_equal(media_read(m, "main", sha, 0, 9, &p), TL_ABSENT);
    assert_int_equal(media_bytes(m), 0);
}

// ---- links ----

static const char *mac_of(const char *link)
{
    return strstr(link, "&mac=") + 5;
}

static void test_a_link_holds_for_its_time_and_its_words(void **state)
{
    (void)state;
    char link[MEDIA_LINK_MAX], mac[80];
    int64_t now = time(NULL);
    struct media_file f = {
        .tenant = "main", .sha = HELLO, .name = "a & b.pdf", .type = "application/pdf", .until = now + 60};
    assert_true(media_link_make(m, &f, now, link));
    assert_non_null(strstr(link, "/v1/media/" HELLO "?tenant=main&until="));
    assert_non_null(strstr(link, "&type=application%2Fpdf&name=a%20%26%20b.pdf&mac="));
    snprintf(mac, sizeof mac, "%s", mac_of(link));
    assert_true(media_link_check(m, &f, mac, now));
    assert_false(media_link_check(m, &f, mac, now + 60));
    mac[3] = mac[3] == 'A' ? 'B' : 'A';
    assert_false(media_link_check(m, &f, mac, now));
    snprintf(mac, sizeof mac, "%s", mac_of(link));
    assert_false(media_link_check(m, &f, "", now));
#define OTHER(member, value)                                                                                           \
    do {                                                                                                               \
        struct media_file g = f;                                                                                       \
        snprintf(g.member, sizeof g.member, "%s", value);                                                              \
        assert_false(media_link_check(m, &g, mac, now));                                                               \
    } while (0)
    OTHER(tenant, "other");
    OTHER(type, "text/html");
    OTHER(name, "b.exe");
    OTHER(sha, "0cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    f.until++;
    assert_false(media_link_check(m, &f, mac, now));
}

static void test_keys_change_and_old_links_hold(void **state)
{
    (void)state;
    char link[MEDIA_LINK_MAX], later[MEDIA_LINK_MAX];
    int64_t now = time(NULL), day = 86400;
    struct media_file f = {.tenant = "main", .sha = HELLO, .name = "a", .type = "a/b", .until = now + 20 * day};
    assert_true(media_link_make(m, &f, now, link));
    assert_true(media_link_make(m, &f, now + day, later));
    assert_string_not_equal(link, later);
    media_free(m);
    m = open_media(); // another node, or a start
    assert_true(media_link_check(m, &f, mac_of(link), now + 2 * day));
    assert_true(media_link_check(m, &f, mac_of(later), now + 2 * day));
    assert_true(media_link_make(m, &f, now + 9 * day, later));
    assert_false(media_link_check(m, &f, mac_of(link), now + 9 * day)); // its key is gone
}

static void test_only_true_images_are_shown_in_place(void **state)
{
    (void)state;
    assert_true(media_is_safe_image("image/png", "\x89PNG\r\n\x1a\nrest", 12));
    assert_false(media_is_safe_image("image/png", "<html>", 6));
    assert_false(media_is_safe_image("image/svg+xml", "<svg>", 5));
    assert_false(media_is_safe_image("text/html", "\x89PNG\r\n\x1a\nrest", 12));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_equal_bytes_are_kept_once),
        T(test_names_from_outside_leave_no_folder),
        T(test_what_is_too_much_or_unwanted_is_refused),
        T(test_age_removes_what_nobody_young_names),
        T(test_a_link_holds_for_its_time_and_its_words),
        T(test_keys_change_and_old_links_hold),
        T(test_only_true_images_are_shown_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
