/* The folder that --report names: numbers as CSV and JSON, and pictures of them. */
#ifndef REPORT_H
#define REPORT_H

#include "checkpoint.h"
#include "evaluate.h"

/* Makes the folder where it is missing. */
int report_open(const char *folder, struct error *error);

/* log.csv: one row for each of the `epochs` finished. */
int report_log(const char *folder, const struct epoch_result *history, int epochs,
               struct error *error);

/* At the end: summary.json (the evaluation with the recipe's options), confusion.csv, and drawn by
 * gnuplot from these files curves.png and confusion.png. */
int report_finish(const char *folder, const struct evaluation *evaluation,
                  const struct dataset *dataset, const char *model_path, const char *options,
                  struct error *error);

#endif
