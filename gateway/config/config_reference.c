/* Prints the tables of docs/configuration.md, or with the argument `profile` those of docs/profile-author.md. */
#include <stdio.h>
#include <string.h>

#include "config/config_keys.h"
#include "config/profile_schema.h"
#include "stillwater/sensor_profile.h"

static void print_keys(const struct config_key *(*key_at)(size_t index))
{
    const struct config_key *key;
    char row[CONFIG_KEY_ROW_SIZE];
    puts("| Key | Unit | Expected | Default | Meaning |\n|---|---|---|---|---|");
    for (size_t i = 0; (key = key_at(i)) != NULL; i++) {
        config_key_row(key, row);
        puts(row);
    }
}

int main(int argc, char **argv)
{
    const struct sw_profile *profile;
    if (argc == 2 && strcmp(argv[1], "profile") == 0) {
        print_keys(profile_key_at);
        return 0;
    }
    print_keys(config_key_at);
    puts("\n| Profile | Sensor |\n|---|---|");
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++)
        printf("| `%s` | %s |\n", profile->name, profile->description);
    return 0;
}
