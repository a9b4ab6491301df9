/* What goes wrong besides frames, messages and store operations: drawn by weight until the last days. */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

void faults_make(void);
/* Mends everything; no fault comes any more. */
void faults_end(void);

#endif
