/* Prints the table of docs/configuration.md from the table of keys. */
#include <stdio.h>

#include "config/config_keys.h"
#include "stillwater/sensor_profile.h"

int main(void)
{
    const struct config_key *key;
    const struct sw_profile *profile;
    char row[CONFIG_KEY_ROW_SIZE];
    puts("| Key | Unit | Expected | Default | Meaning |\n|---|---|---|---|---|");
    for (size_t i = 0; (key = config_key_at(i)) != NULL; i++) {
        config_key_row(key, row);
        puts(row);
    }
    puts("\n| Profile | Sensor |\n|---|---|");
    for (size_t i = 0; (profile = sw_profile_at(i)) != NULL; i++)
        printf("| `%s` | %s |\n", profile->name, profile->description);
    return 0;
}
