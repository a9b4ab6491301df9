/* What is made of the folder profiles/: the table that the code is compiled with, and its reference page. */
#ifndef TOOLS_PROFILES_PROFILES_H
#define TOOLS_PROFILES_PROFILES_H

#include "config/profile_file.h"

void print_table(const struct profile_folder *folder);
void print_page(const struct profile_folder *folder);

#endif
