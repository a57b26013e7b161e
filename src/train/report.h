/* The folder that --report names: numbers as CSV and JSON, and pictures of them. */
#ifndef REPORT_H
#define REPORT_H

#include "checkpoint.h"
#include "report_folder.h"

/* Creates the folder if it is missing. */
int report_open(const char *folder, struct error *error);

/* log.csv: one row for each of the `epochs` finished. */
int report_log(const char *folder, const struct epoch_result *history, int epochs,
               struct error *error);

/* curves.png, drawn from log.csv. */
int report_curves(const char *folder, struct error *error);

#endif
