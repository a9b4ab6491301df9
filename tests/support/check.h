/* A test harness that runs on the host and on the target alike: no heap, no stdio; whoever links it says in check_write
 * where its lines go. A test is a function; a failed check is written out, counted, and the test goes on. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* Defined by the program around the tests. */
void check_write(const char *text);

struct check {
    const char *test;
    unsigned failures;
};

struct check_case {
    const char *name;
    void (*run)(struct check *check);
};

struct check_suite {
    const char *name;
    const struct check_case *cases;
    size_t count;
};

#define CHECK_SUITE(suite_name, suite_cases)                                                                           \
    {                                                                                                                  \
        suite_name, suite_cases, sizeof(suite_cases) / sizeof((suite_cases)[0])                                        \
    }

/* Both need a `struct check *check` in scope and say true when the check held. */
#define CHECK(condition) check_that(check, (condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(actual, expected)                                                                                  \
    check_equal(check, (long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

static inline void check_write_number(long long number)
{
    char digits[24];
    size_t at = sizeof digits - 1;
    unsigned long long rest = number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) digits[--at] = '-';
    check_write(&digits[at]);
}

static inline void check_write_place(struct check *check, const char *text, const char *file, int line)
{
    check->failures++;
    check_write("  ");
    check_write(file);
    check_write(":");
    check_write_number(line);
    check_write(": ");
    check_write(check->test);
    check_write(": ");
    check_write(text);
}

static inline int check_that(struct check *check, int condition, const char *text, const char *file, int line)
{
    if (condition) return 1;
    check_write_place(check, text, file, line);
    check_write(" does not hold\n");
    return 0;
}

static inline int check_equal(struct check *check, long long actual, long long expected, const char *text,
                              const char *file, int line)
{
    if (actual == expected) return 1;
    check_write_place(check, text, file, line);
    check_write(" is ");
    check_write_number(actual);
    check_write(", expected ");
    check_write_number(expected);
    check_write("\n");
    return 0;
}

/* Number of tests that failed. */
static inline int check_suite_run(const struct check_suite *suite)
{
    int failed = 0;
    for (size_t i = 0; i < suite->count; i++) {
        struct check check = {suite->cases[i].name, 0};
        suite->cases[i].run(&check);
        check_write(check.failures == 0 ? "ok     " : "FAILED ");
        check_write(suite->name);
        check_write(": ");
        check_write(suite->cases[i].name);
        check_write("\n");
        if (check.failures > 0) failed++;
    }
    return failed;
}

#endif
