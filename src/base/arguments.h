/* The options of a command line, a row each: parsing and --help follow from the rows, and shell
 * completion from --help. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum argument_kind {
    ARGUMENT_OWN,    /* as `read` and `print` define it; a heading where there is no name */
    ARGUMENT_SET,    /* takes no value: the field, a bool or enum, becomes `low` */
    ARGUMENT_TEXT,   /* const char *, points into the command line */
    ARGUMENT_WHOLE,  /* int or uint64_t, from `low` to `high` */
    ARGUMENT_NUMBER, /* float or double, from `low` to `high` */
    ARGUMENT_CHOICE  /* bool or enum: which of `names` */
};

struct argument {
    const char *name;  /* without its "--"; NULL: `help` is the heading of what follows */
    const char *value; /* as --help names it: "FILE"; NULL: takes none, or one of `names` */
    const char *help;  /* one paragraph; the first "%" stands for the default */
    enum argument_kind kind;
    bool ends;       /* what follows on the command line does not matter */
    size_t at, size; /* of the field in the target: ARGUMENT_AT */
    double low, high;
    const char *const *names; /* `high` of them */
    int (*read)(const struct argument *row, char *text, void *target, struct error *error);
    void (*print)(const void *target, char *text, size_t size);
};

#define ARGUMENT_AT(type, field) .at = offsetof(type, field), .size = sizeof(((type *)0)->field)

/* Rows and the structure they fill, which holds the defaults at first. */
struct argument_table {
    const struct argument *rows;
    int count; /* at most 64 in all tables together */
    void *target;
    uint64_t given; /* bit i: row i was on the command line */
};

/* "off", "on" */
extern const char *const argument_switch[2];

/* Words that belong to no option go to `other`, with the target of the first table; NULL: they are
 * refused. The error says what is wrong with the command line, and which option may be meant. */
int arguments_parse(struct argument_table *tables, int count, int argc, char **argv,
                    int (*other)(void *target, char *word, struct error *error),
                    struct error *error);

/* Whether a row of this field was on the command line. */
bool arguments_given(const struct argument_table *table, size_t at);

/* Which of the row's names the text is; -1: the error says which there are. */
int arguments_choose(const struct argument *row, const char *text, struct error *error);

/* Prints the rows with the defaults that the targets hold, in lines of 80 columns. */
void arguments_help(const struct argument_table *tables, int count, FILE *out);

/* Writes the options that make the target, separated by spaces, except ARGUMENT_SET and
 * ARGUMENT_TEXT. Numbers are exact. */
void arguments_print(const struct argument_table *table, char *text, size_t size);

enum { ARGUMENT_NUMBER_SIZE = 32 };

/* The fewest digits that read back as the same number: as the same float with `single`. */
void arguments_print_number(double number, bool single, char text[ARGUMENT_NUMBER_SIZE]);

#endif
