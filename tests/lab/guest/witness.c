/* What the witness guest runs: it keeps a table of pseudo-random pages, checks and rewrites it, and
 * says so on a serial port, one line a heartbeat.
 *
 * Owns the guest's half of the line format (version 1) that tests/lab/witness.py describes and
 * reads; both must change together, and the version with them. It must not know what is done to
 * the guest.
 *
 * usage: witness PORT [BEATS [PERIOD_MS]]; without BEATS it never ends.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum {
    PAGES = 256,
    WORDS = 512, /* a page of 4 KiB in words of 64 bits */
    PAGES_PER_BEAT = 16,
    PERIOD_MS_DEFAULT = 100,
};
#define GAMMA UINT64_C(0x9E3779B97F4A7C15)
#define FACTOR UINT64_C(0x5851F42D4C957F2D) /* odd, so that no flipped bit can vanish */

static uint64_t table[PAGES][WORDS] __attribute__((aligned(4096)));

/* Number `index` of the sequence that splitmix64 draws from `seed`. */
static uint64_t drawn(uint64_t seed, uint64_t index)
{
    uint64_t word = seed + GAMMA * (index + 1);
    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}

static uint64_t first_index(uint64_t generation, uint64_t page)
{
    return (generation * PAGES + page) * WORDS;
}

static void fill(uint64_t seed, uint64_t generation, uint64_t page)
{
    uint64_t first = first_index(generation, page);
    for (uint64_t word = 0; word < WORDS; word++)
        table[page][word] = drawn(seed, first + word);
}

static int is_wrong(uint64_t seed, uint64_t generation, uint64_t page)
{
    uint64_t first = first_index(generation, page);
    for (uint64_t word = 0; word < WORDS; word++)
        if (table[page][word] != drawn(seed, first + word))
            return 1;
    return 0;
}

/* Every word counts, and its place too. */
static uint64_t checksum(void)
{
    uint64_t sum = 0;
    for (uint64_t page = 0; page < PAGES; page++)
        for (uint64_t word = 0; word < WORDS; word++)
            sum = sum * FACTOR + table[page][word];
    return sum;
}

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleep to the next multiple of the period on the monotonic clock; what was missed is not made up. */
static void sleep_to_next(int64_t period_ms)
{
    int64_t next_ms = (read_ms(CLOCK_MONOTONIC) / period_ms + 1) * period_ms;
    struct timespec next = {next_ms / 1000, next_ms % 1000 * 1000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int opened(const char *path)
{
    struct termios mode;
    int port = open(path, O_WRONLY | O_NOCTTY | O_CREAT | O_APPEND, 0600);
    if (port < 0)
        fail(path);
    if (tcgetattr(port, &mode) == 0) {
        cfmakeraw(&mode);
        cfsetspeed(&mode, B115200);
        tcsetattr(port, TCSANOW, &mode);
    }
    return port;
}

static uint64_t new_seed(void)
{
    uint64_t seed;
    int source = open("/dev/urandom", O_RDONLY);
    if (source < 0 || read(source, &seed, sizeof seed) != sizeof seed)
        fail("/dev/urandom");
    close(source);
    return seed;
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fputs("usage: witness PORT [BEATS [PERIOD_MS]]\n", stderr);
        return 2;
    }
    int port = opened(arguments[1]);
    uint64_t beats = count > 2 ? strtoull(arguments[2], NULL, 10) : UINT64_MAX;
    int64_t period_ms = count > 3 ? strtoll(arguments[3], NULL, 10) : PERIOD_MS_DEFAULT;
    uint64_t seed = new_seed(), rewrites = 0, wrong = 0;

    for (uint64_t page = 0; page < PAGES; page++)
        fill(seed, 0, page);
    for (uint64_t beat = 0; beat < beats; beat++) {
        sleep_to_next(period_ms);
        for (int each = 0; each < PAGES_PER_BEAT; each++, rewrites++) {
            uint64_t page = rewrites % PAGES, generation = rewrites / PAGES;
            wrong += is_wrong(seed, generation, page);
            fill(seed, generation + 1, page);
        }
        uint64_t sum = checksum();
        dprintf(port,
                "witness 1 seed=%016" PRIx64 " seq=%" PRIu64 " mono_ms=%" PRId64
                " wall_ms=%" PRId64 " tsc=%" PRIu64 " pages=%d rewrites=%" PRIu64
                " sum=%016" PRIx64 " wrong=%" PRIu64 "\n",
                seed, beat, read_ms(CLOCK_MONOTONIC), read_ms(CLOCK_REALTIME), (uint64_t)__rdtsc(),
                PAGES, rewrites, sum, wrong);
    }
    return 0;
}
