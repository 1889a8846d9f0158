// SPDX-License-Identifier: Apache-2.0
// libFuzzer's place where there is none: gives each file of the folders named to the target, once.
#include <assert.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert(f);
    uint8_t *bytes = malloc(1 << 20);
    assert(bytes);
    size_t n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    // exactly as large as what it holds, so that reading beyond is seen
    uint8_t *exact = malloc(n ? n : 1);
    assert(exact);
    memcpy(exact, bytes, n);
    free(bytes);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

int main(int argc, char **argv)
{
    unsigned n = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *e;
        while (dir && (e = readdir(dir))) {
            char path[4096];
            snprintf(path, sizeof(path), "%s/%s", argv[i], e->d_name);
            if (e->d_name[0] != '.') {
                replay(path);
                n++;
            }
        }
        if (dir)
            closedir(dir);
    }
    printf("%u seeds\n", n);
    return n > 0 ? 0 : 1;
}
