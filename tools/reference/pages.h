/* Each prints one page, in Markdown, to stdout. */
#ifndef TOOLS_REFERENCE_PAGES_H
#define TOOLS_REFERENCE_PAGES_H

void print_registers(void);
void print_errors(void);
void print_alerts(void);

#endif
