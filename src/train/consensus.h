/* What a picture's label and votes say together. */
#ifndef CONSENSUS_H
#define CONSENSUS_H

#include "dataset.h"

/* What label and votes of each picture say together, by expectation maximization (Dawid & Skene
 * 1979): *consensus[N x K] (malloc, the caller frees), rows that sum to 1. Each picture is taken to
 * show one expression; whoever labelled it confuses expression t with l with a probability of
 * label[t][l], each voter with v with votes[t][v], and both tables, with how often each expression
 * comes, are those that make labels and votes of the Training pictures likely. Ten people who look
 * at one picture make the same mistakes: the logarithm of their likelihood counts half. What that
 * takes from a class as a whole it gives back to the class's labels: voters overlook fear, which
 * the tables alone would unlearn. votes[N]. */
int consensus_fit(const struct dataset *dataset, const struct votes *votes, float **consensus,
                  struct error *error);

#endif
