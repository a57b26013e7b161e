/* What --report DIR holds about a model's answers. */
#ifndef EVALUATION_REPORT_H
#define EVALUATION_REPORT_H

#include "robustness.h"

/* Writes into the folder, which must exist: summary.json (the evaluation, with the recipe's options
 * where there are any); confusion.csv and calibration.csv, with FER+ also confusion_ferplus.csv and
 * calibration_ferplus.csv; classes.csv, each class without duplicates by each truth; robustness.csv
 * where `rows` is not NULL. Drawn from these by gnuplot: confusion.png, calibration.png,
 * classes.png, robustness.png. */
int evaluation_report(const char *folder, const struct evaluation *evaluation,
                      const struct dataset *dataset, const char *model_path, const char *options,
                      const struct robustness *rows, struct error *error);

#endif
