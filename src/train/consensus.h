/* What a picture's label and votes say together. */
#ifndef CONSENSUS_H
#define CONSENSUS_H

#include "dataset.h"

/* What label and votes of each picture say together, by expectation maximization (Dawid & Skene
 * 1979): *consensus[N x K] (malloc, the caller frees), rows that sum to 1. Each picture is assumed
 * to show one expression. The labeller takes expression t for l with a probability of label[t][l],
 * each voter takes it for v with votes[t][v]; both tables, and how frequent each expression is, are
 * those that make the labels and votes of the Training pictures most likely. Ten people who look at
 * one picture make the same mistakes, so the logarithm of their likelihood counts half. If this
 * leaves a class with fewer pictures, its labels restore them; voters overlook fear, and without
 * this the network would unlearn it. votes[N]. */
int consensus_fit(const struct dataset *dataset, const struct votes *votes, float **consensus,
                  struct error *error);

#endif
