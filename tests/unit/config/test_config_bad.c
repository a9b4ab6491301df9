/* Every kind of bad configuration, with the exact message: line, field, what was found and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/gateway_config.h"
#include "stillwater/error.h"

#define ID_EXPECTED "expected an id: 1 to 63 of A-Z a-z 0-9 - _ and '.', the first a letter or digit"
#define BAUDS       "1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600"

static const char good[] = "schema: stillwater.gateway/1\n"                                       /* 1 */
                           "city: suzhou\n"                                                       /* 2 */
                           "gateway: gw-17\n"                                                     /* 3 */
                           "store: {path: gateway.db}\n"                                          /* 4 */
                           "mqtt: {host: localhost}\n"                                            /* 5 */
                           "policy: {no_use: {volume_l: 2.5}}\n"                                  /* 6 */
                           "subjects:\n"                                                          /* 7 */
                           "  - id: home-1\n"                                                     /* 8 */
                           "  - id: site-2\n"                                                     /* 9 */
                           "lines:\n"                                                             /* 10 */
                           "  - id: line-1\n"                                                     /* 11 */
                           "    port: /dev/ttyUSB0\n"                                             /* 12 */
                           "    nodes:\n"                                                         /* 13 */
                           "      - id: node-1\n"                                                 /* 14 */
                           "        unit_id: 1\n"                                                 /* 15 */
                           "        slots:\n"                                                     /* 16 */
                           "          - slot: 0\n"                                                /* 17 */
                           "            profile: xintai\n"                                        /* 18 */
                           "            unit_id: 11\n"                                            /* 19 */
                           "            subject: home-1\n"                                        /* 20 */
                           "    devices:\n"                                                       /* 21 */
                           "      - {id: dev-1, unit_id: 5, profile: qdy30a, subject: site-2}\n"; /* 22 */

/* `replace` in the good file becomes `with`; then the problems are exactly these, in this order. */
struct bad {
    const char *replace, *with;
    const char *problems[4];
};

static const struct bad cases[] = {
    {"city: suzhou", "city: [", {"4: : not YAML: did not find expected ',' or ']' at column 6"}},
    {"city: suzhou", "city: \"\xff\"", {"0: : not YAML: invalid leading UTF-8 octet at byte 36; expected UTF-8 text"}},
    {"city: suzhou", "---\ncity: suzhou", {"3: : a second YAML document; expected only one"}},
    {"store:",
     "stor:",
     {"4: stor: unknown key at column 1; expected one of schema, city, gateway, store, mqtt, incident, storm, registry,"
      " reports, profiles,"
      " policy, groups, subjects, lines"}},
    {"volume_l: 2.5",
     "volume_l: 2.5, volume_1: 3",
     {"6: policy.no_use.volume_1: unknown key at column 34; expected one of volume_l, window_s, coverage_pct,"
      " observed_gap_s, always, colour"}},
    {"city: suzhou",
     "city: suzhou\ncity: wuxi",
     {"3: city: key given again at column 1; expected it once, it is on line 2 already"}},
    {"city: suzhou",
     "[a]: suzhou",
     {"2: : found a list as a key; expected a name", "1: city: key is missing; " ID_EXPECTED}},
    {"city: suzhou\n", "", {"1: city: key is missing; " ID_EXPECTED}},
    {"city: suzhou",
     "city: suzhou\nreports: {areas: [suzhou, suzhou/east, suzhou2/east]}",
     {"3: reports.areas[2]: found suzhou2/east; expected suzhou, or a path that begins with suzhou/"}},
    {"city: suzhou", "city:", {"2: city: found no value; " ID_EXPECTED}},
    {"city: suzhou", "city: su zhou", {"2: city: found su zhou; " ID_EXPECTED}},
    {"city: suzhou", "city: {name: suzhou}", {"2: city: found a mapping; " ID_EXPECTED}},
    {"city: suzhou", "city: \"su\\0zhou\"", {"2: city: found a zero byte in the text; expected text without one"}},
    {"schema: stillwater.gateway/1",
     "schema: stillwater.gateway/2",
     {"1: schema: found stillwater.gateway/2; expected stillwater.gateway/1"}},
    {"mqtt: {host: localhost}",
     "mqtt: {host: localhost}\nregistry: {places: no-such.json, near_m: -1}",
     {"6: registry.near_m: found -1; expected a number from 0 to 100000"}},
    {"mqtt: {host: localhost}",
     "mqtt: {host: localhost}\nregistry: {places: no-such.json}",
     {"6: registry.places: cannot read no-such.json: No such file or directory; expected a readable file"}},
    {"policy: {no_use: {volume_l: 2.5}}",
     "policy: strict",
     {"6: policy: found a single value; expected a mapping with keys of utc_offset_min, time_zone, no_use, nothing_in, "
      "no_real_use, habit, "
      "drip, leak,"
      " burst, day_volume, notes, meter, meter_fault, backflow, level, level_quality, rise, agreement, cover, float, "
      "battery, silent, latency, noise"}},
    {"policy: {no_use: {volume_l: 2.5}}",
     "policy:",
     {"6: policy: found nothing; expected a mapping with keys of utc_offset_min, time_zone, no_use, nothing_in, "
      "no_real_use, habit, drip, leak,"
      " burst, day_volume, notes, meter, meter_fault, backflow, level, level_quality, rise, agreement, cover, float, "
      "battery, silent, latency, noise"}},
    {"  - id: home-1\n  - id: site-2\n", "  home-1\n", {"7: subjects: found a single value; expected a list"}},
    {"  - id: home-1\n",
     "  - home-1\n",
     {"8: subjects[0]: found a single value; expected a mapping with keys of id, group, place, home_assistant, "
      "upstream,"
      " policy"}},
    {"id: home-1\n  - id: site-2",
     "id: &a home-1\n  - id: *a",
     {"9: subjects[1].id: an alias; expected the value itself, written out"}},
    {"volume_l: 2.5", "volume_l: 2x", {"6: policy.no_use.volume_l: found 2x; expected a number from 0 to 10000"}},
    {"volume_l: 2.5", "volume_l: .nan", {"6: policy.no_use.volume_l: found .nan; expected a number from 0 to 10000"}},
    {"volume_l: 2.5", "volume_l: -1", {"6: policy.no_use.volume_l: found -1; expected a number from 0 to 10000"}},
    {"volume_l: 2.5",
     "volume_l: \"2.5\"",
     {"6: policy.no_use.volume_l: found the text \"2.5\"; expected a number from 0 to 10000"}},
    {"volume_l: 2.5",
     "coverage_pct: 101",
     {"6: policy.no_use.coverage_pct: found 101; expected a number from 0 to 100"}},
    {"volume_l: 2.5", "window_s: -1", {"6: policy.no_use.window_s: found -1; expected a number from 0 to 2678400"}},
    {"volume_l: 2.5",
     "window_s: 600",
     {"6: policy.no_use.observed_gap_s: found 9000; expected at most window_s, which is 600"}},
    {"no_use: {volume_l: 2.5}",
     "nothing_in: {window_s: 7200}",
     {"6: policy.no_use.observed_gap_s: found 9000; expected at most nothing_in.window_s, which is 7200"}},
    {"no_use: {volume_l: 2.5}",
     "leak: {advice_s: 172801}",
     {"6: policy.leak.alert_s: found 172800; expected at least advice_s, which is 172801"}},
    {"no_use: {volume_l: 2.5}",
     "burst: {flow_l_per_min: 132}",
     {"6: policy.burst.flow_l_per_min: found 132; expected less than meter.max_flow_l_per_s, which is 132 L/min,"
      " or 0"}},
    {"no_use: {volume_l: 2.5}",
     "drip: {most_l_per_day: 4.7}",
     {"6: policy.drip.most_l_per_day: found 4.7; expected at least least_l_per_day, which is 4.8, or 0"}},
    {"no_use: {volume_l: 2.5}",
     "backflow: {clear_s: 21599}",
     {"6: policy.backflow.clear_s: found 21599; expected at least settle_s, which is 21600"}},
    {"no_use: {volume_l: 2.5}",
     "utc_offset_min: -721",
     {"6: policy.utc_offset_min: found -721; expected an integer from -720 to 840"}},
    {"no_use: {volume_l: 2.5}",
     "time_zone: Europe/Berlin, utc_offset_min: 60",
     {"6: policy.time_zone: found beside utc_offset_min; expected one of the two"}},
    {"no_use: {volume_l: 2.5}",
     "time_zone: Europe/Berln",
     {"6: policy.time_zone: no time zone is called Europe/Berln (/usr/share/zoneinfo/Europe/Berln: No such file or"
      " directory); expected a name such as Europe/Berlin, and tzdata installed"}},
    {"  - id: home-1\n",
     "  - id: home-1\n    policy:\n      time_zone: CET-1CEST,M3.5.0,M10.5.0/3\n",
     {"10: subjects[0].policy.time_zone: found CET-1CEST,M3.5.0,M10.5.0/3; expected the name of a time zone such as"
      " Europe/Berlin"}},
    {"no_use: {volume_l: 2.5}",
     "notes: {first_use: yes}",
     {"6: policy.notes.first_use: found yes; expected on or off"}},
    {"no_use: {volume_l: 2.5}",
     "meter_fault: {jumps: 2.5}",
     {"6: policy.meter_fault.jumps: found 2.5; expected an integer from 0 to 1000"}},
    {"  - id: home-1\n",
     "  - id: home-1\n    policy:\n      leak:\n        alert_s: 3600\n",
     {"11: subjects[0].policy.leak.alert_s: found 3600; expected at least advice_s, which is 86400"}},
    {"volume_l: 2.5",
     "colour: green",
     {"6: policy.no_use.colour: found green; expected one of blue, yellow, orange, red"}},
    {"no_use: {volume_l: 2.5}",
     "level: {bands_mm: {yellow: 300}}",
     {"6: policy.level.bands_mm.orange: found 250; expected more than the yellow band's 300"}},
    {"no_use: {volume_l: 2.5}",
     "level: {top_mm: 399}",
     {"6: policy.level.top_mm: found 399; expected at least the red band's 400, or off"}},
    {"no_use: {volume_l: 2.5}",
     "level: {top_mm: 10001}",
     {"6: policy.level.top_mm: found 10001; expected a threshold within range_min_mm and range_max_mm,"
      " -500 to 10000"}},
    {"no_use: {volume_l: 2.5}",
     "rise: {lowest: green}",
     {"6: policy.rise.lowest: found green; expected one of blue, yellow, orange, red, or off"}},
    {"no_use: {volume_l: 2.5}",
     "rise: {often: {horizon_s: 86401}, eager: {from_pct: 61}}",
     {"6: policy.rise.often.horizon_s: found 86401; expected a number from 0 to 86400"}},
    {"no_use: {volume_l: 2.5}",
     "rise: {eager: {from_pct: 61}}",
     {"6: policy.rise.eager.alone_pct: found 60; expected at least from_pct, which is 61"}},
    {"no_use: {volume_l: 2.5}",
     "level_quality: {wet_mm: 41}",
     {"6: policy.level_quality.wet_most_mm: found 40; expected at least wet_mm, which is 41"}},
    {"no_use: {volume_l: 2.5}",
     "level_quality: {quarantine_after: 9, confirm_readings: 0, very_high_s: 64801, forget_s: 0}",
     {"6: policy.level_quality.quarantine_after: found 9; expected an integer from 0 to 8",
      "6: policy.level_quality.confirm_readings: found 0; expected an integer from 1 to 200",
      "6: policy.level_quality.very_high_s: found 64801; expected a number from 0 to 64800",
      "6: policy.level_quality.forget_s: found 0; expected a number from 3600 to 31536000"}},
    {"no_use: {volume_l: 2.5}",
     "level_quality: {blip_mm: 50}",
     {"6: policy.level_quality.blip_mm: unknown key at column 26; expected one of rise_max_mm_per_min, river_fall_mm,"
      " flat_wet_s, flat_river_s, noise_mm, wet_mm, wet_most_mm, step_mm, step_s, object_s, quarantine_after, forget_s,"
      " confirm_readings, confirm_s, very_high_mm, very_high_s, drift_mm_per_h, river_after_s"}},
    {"no_use: {volume_l: 2.5}",
     "agreement: {upstream_s: 0, rain_m: -1}",
     {"6: policy.agreement.upstream_s: found 0; expected a number from 1 to 86400",
      "6: policy.agreement.rain_m: found -1; expected a number from 0 to 100000"}},
    {"  - id: site-2\n",
     "  - id: site-2\n    policy: {rise: {seldom: {alone_pct: 19.5}}}\n",
     {"10: subjects[1].policy.rise.seldom.alone_pct: found 19.5; expected at least from_pct, which is 20"}},
    {"no_use: {volume_l: 2.5}",
     "habit: {alert: {soon_h: 14}}",
     {"6: policy.habit.alert: found 14 h; expected levels of 8, 9, 11, 13, 15, 24, 36 or 48 h"}},
    {"no_use: {volume_l: 2.5}",
     "habit: {quiet: {soon_h: 24, late_h: 15, latest_h: 36}}",
     {"6: policy.habit.quiet: found 15 h after 24 h; expected levels that rise from soon_h to latest_h"}},
    {"no_use: {volume_l: 2.5}",
     "habit: {enabled: maybe}",
     {"6: policy.habit.enabled: found maybe; expected on or off"}},
    {"no_use: {volume_l: 2.5}",
     "battery: {critical_v: 3.4}",
     {"6: policy.battery.critical_v: found 3.4; expected at most low_v, which is 3.3"}},
    {"no_use: {volume_l: 2.5}",
     "level: {bands_mm: {red: high}}",
     {"6: policy.level.bands_mm.red: found high; expected a number from -100000 to 100000, or off"}},
    {"no_use: {volume_l: 2.5}",
     "level: {bands_mm: {red: 20000}}",
     {"6: policy.level.bands_mm.red: found 20000; expected a threshold within range_min_mm and range_max_mm,"
      " -500 to 10000"}},
    {"no_use: {volume_l: 2.5}",
     "level: {range_min_mm: 10000, bands_mm: {blue: off, yellow: off, orange: off, red: off}}",
     {"6: policy.level.range_max_mm: found 10000; expected more than range_min_mm, which is 10000"}},
    {"no_use: {volume_l: 2.5}",
     "cover: {tilt_deg: 2}",
     {"6: policy.cover.tilt_deadband_deg: found 2; expected less than tilt_deg, which is 2"}},
    {"  - id: home-1\n",
     "  - id: home-1\n    policy: {level: {bands_mm: {blue: 150}}}\n",
     {"9: subjects[0].policy.level.bands_mm.yellow: found 100; expected more than the blue band's 150"}},
    {"  - id: home-1\n",
     "  - id: home-1\n    place: {latitude: 91, longitude: 8}\n",
     {"9: subjects[0].place.latitude: found 91; expected a number from -90 to 90"}},
    {"  - id: home-1\n",
     "  - id: home-1\n    place: {latitude: 31}\n",
     {"9: subjects[0].place.longitude: key is missing; expected latitude and longitude together, or neither"}},
    {"id: site-2",
     "id: home-1",
     {"22: lines[0].devices[0].subject: no subject is called site-2; expected the id of an entry of subjects",
      "9: subjects[1].id: home-1 is the id of subjects[0] already; expected an id used once"}},
    {"  - id: home-1\n  - id: site-2\n",
     "  - id: home-1\n    upstream: [site-2]\n  - id: site-2\n    upstream: [site-3, home-1, site-2]\n",
     {"11: subjects[1].upstream[0]: no subject is called site-3; expected the id of an entry of subjects",
      "9: subjects[0].upstream: no level of home-1 is measured; expected a site with a level sensor",
      "11: subjects[1].upstream[1]: no level of home-1 is measured; expected a site with a level sensor",
      "11: subjects[1].upstream[2]: site-2 is the site itself; expected another one"}},
    {"  - id: site-2\n",
     "  - id: site-2\n    upstream: [site-3, site-3]\n  - id: site-3\n",
     {"10: subjects[1].upstream[1]: site-3 is upstream[0] already; expected a site named once"}},
    {"  - id: site-2\n",
     "  - id: site-2\n    home_assistant: on\n",
     {"10: subjects[1].home_assistant: no water of site-2 is measured; expected on for homes alone"}},
    {"  - id: site-2\n",
     "  - id: site-2\n    upstream: [a, b, c, d, e]\n  - id: a\n  - id: b\n  - id: c\n  - id: d\n  - id: e\n",
     {"10: subjects[1].upstream[4]: 5 sites are named; expected 4 at most"}},
    {"subjects:\n  - id: home-1\n",
     "groups: [{id: a, policy: {leak: {alert_s: 1}}}, {id: b}, {id: a}]\n"
     "subjects:\n  - id: home-1\n    group: c\n",
     {"10: subjects[0].group: no group is called c; expected the id of an entry of groups",
      "7: groups[0].policy.leak.alert_s: found 1; expected at least advice_s, which is 86400",
      "7: groups[2].id: a is the id of groups[0] already; expected an id used once"}},
    {"subjects:\n",
     "groups:\n  - {id: a, policy: {no_use: {volume: 1}}}\nsubjects:\n",
     {"8: groups[0].policy.no_use.volume: unknown key at column 31; expected one of volume_l, window_s,"
      " coverage_pct, observed_gap_s, always, colour"}},
    {"  - id: site-2\n",
     "  - id: site-2\n    upstream: home-1\n",
     {"10: subjects[1].upstream: found a single value; expected a list"}},
    {"  - id: site-2\n",
     "  - id: site-2\n    upstream: [si te]\n",
     {"10: subjects[1].upstream[0]: found si te; " ID_EXPECTED}},
    {"subject: home-1",
     "subject: home-9",
     {"20: lines[0].nodes[0].slots[0].subject: no subject is called home-9; expected the id of an entry of subjects"}},
    {"profile: xintai",
     "profile: itron",
     {"18: lines[0].nodes[0].slots[0].profile: no sensor profile is called itron; expected one of xintai, bove,"
      " geolux-lx80, qdy30a, stillwater-rain, stillwater-manhole, tuf-2000m, fts-sdi-radar-300wl, dfrobot-urm14"}},
    {"unit_id: 1\n", "unit_id: 248\n", {"15: lines[0].nodes[0].unit_id: found 248; expected an integer from 1 to 247"}},
    {"unit_id: 1\n", "unit_id: 1.5\n", {"15: lines[0].nodes[0].unit_id: found 1.5; expected an integer from 1 to 247"}},
    {"unit_id: 1\n", "unit_id: 010\n", {"15: lines[0].nodes[0].unit_id: found 010; expected an integer from 1 to 247"}},
    {"        unit_id: 1\n", "", {"14: lines[0].nodes[0].unit_id: key is missing; expected an integer from 1 to 247"}},
    {"unit_id: 5",
     "unit_id: 1",
     {"22: lines[0].devices[0].unit_id: 1 is the unit id at lines[0].nodes[0].unit_id already; expected a unit id used"
      " once on the line"}},
    {"slot: 0", "slot: 16", {"17: lines[0].nodes[0].slots[0].slot: found 16; expected an integer from 0 to 15"}},
    {"    devices:",
     "          - {slot: 0, profile: stillwater-rain, unit_id: 11, subject: home-1}\n    devices:",
     {"21: lines[0].nodes[0].slots[1].slot: 0 is the slot of slots[0] already; expected a slot used once",
      "21: lines[0].nodes[0].slots[1].unit_id: 11 is the unit id of slots[0] already; expected a unit id used once"
      " behind the node"}},
    {"    devices:",
     "          - {slot: 1, profile: bove, unit_id: 12, subject: home-1}\n    devices:",
     {"21: lines[0].nodes[0].slots[1].subject: home-1 has its water_index_l from lines[0].nodes[0].slots[0].subject"
      " already; expected one sensor for each"}},
    {"            subject: home-1\n",
     "            subject: home-1\n            sample_period_ms: 250\n",
     {"21: lines[0].nodes[0].slots[0].sample_period_ms: found 250; expected a multiple of 100"}},
    {"            subject: home-1\n",
     "            subject: home-1\n            heartbeat_s: 21600\n",
     {"21: lines[0].nodes[0].slots[0].heartbeat_s: a reading every 21600 s would be silence; expected less than the"
      " limit of home-1, which is 21600 s"}},
    {"subject: site-2",
     "subject: site-2, poll_interval_ms: 3600000",
     {"22: lines[0].devices[0].poll_interval_ms: a reading every 3600 s would be silence; expected less than the limit"
      " of site-2, which is 3600 s"}},
    {"    port: /dev/ttyUSB0\n",
     "    port: /dev/ttyUSB0\n    baud: 9601\n",
     {"13: lines[0].baud: found 9601; expected " BAUDS}},
    {"subject: site-2",
     "subject: site-2, poll_interval_ms: 60000",
     {"22: lines[0].devices[0].poll_interval_ms: a change of site-2 would be told after 62.0 s at worst: 60.0 s until "
      "it"
      " is to be asked + 1.5 s for the line's round (1 units 0.5 s, 1 silent 1.0 s) + 0.5 s to store and "
      "publish;"
      " expected at most 60 s (policy.latency.level_s)"}},
    {"            subject: home-1\n",
     "            subject: home-1\n            heartbeat_s: 10800\n",
     {"17: lines[0].nodes[0].slots[0]: a change of home-1 would be told after 10803.9 s at worst: 10800.0 s until the "
      "node"
      " samples or tells it + 0.8 s for the node's round of its sensors + 1.0 s until it is to be asked + 1.5 s for the"
      " line's round (1 units 0.5 s, 1 silent 1.0 s) + 0.5 s to store and publish; expected at most 10800 s"
      " (policy.latency.home_s)"}},
    {"    port: /dev/ttyUSB0\n",
     "    port: /dev/ttyUSB0\n    baud: 1200\n",
     {"11: lines[0]: asking as often as this takes more than the line's time: 1 x node 2339.4 ms every 1 s = 233.9 %;"
      " 1 x qdy30a 218.4 ms every 5 s = 4.4 %; together 238.3 %; expected at most 100 %: longer poll intervals, a "
      "faster"
      " line, or fewer units on it"}},
    {"            subject: home-1\n",
     "            subject: home-1\n            sample_period_ms: 100\n          - {slot: 1, profile: bove, unit_id: 12,"
     " subject: site-2, sample_period_ms: 100}\n",
     {"16: lines[0].nodes[0].slots: asking as often as this takes more than the line's time: 1 x xintai 97.8 ms every"
      " 0.1 s = 97.8 %; 1 x bove 228.0 ms every 0.1 s = 228.0 %; together 325.8 %; expected at most 100 %: longer "
      "sample"
      " periods, or fewer sensors behind the node"}},
    {"    port: /dev/ttyUSB0\n", "", {"11: lines[0].port: key is missing; expected with transport rtu"}},
    {"    port: /dev/ttyUSB0\n",
     "    port: /dev/ttyUSB0\n    trip_ms: 1\n",
     {"13: lines[0].trip_ms: found it with transport rtu; expected no such key there"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: udp\n",
     {"12: lines[0].transport: found udp; expected one of rtu, tcp, rtu_over_tcp, rtu_over_tcp_listen"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: tcp\n    port: p\n    baud: 9600\n    parity: even\n",
     {"13: lines[0].port: found it with transport tcp; expected no such key there",
      "14: lines[0].baud: found it with transport tcp; expected no such key there",
      "15: lines[0].parity: found it with transport tcp; expected no such key there",
      "11: lines[0].host: key is missing; expected with transport tcp"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: rtu_over_tcp\n    host: h\n    outstanding: 2\n    stop_bits: 2\n    listen: \"::\"\n",
     {"15: lines[0].stop_bits: found it with transport rtu_over_tcp; expected no such key there",
      "16: lines[0].listen: found it with transport rtu_over_tcp; expected no such key there",
      "14: lines[0].outstanding: found it with transport rtu_over_tcp; expected no such key there"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: tcp\n    host: h\n    tcp_port: 65536\n    outstanding: 17\n    trip_ms: 10001\n",
     {"14: lines[0].tcp_port: found 65536; expected an integer from 1 to 65535",
      "15: lines[0].outstanding: found 17; expected an integer from 1 to 16",
      "16: lines[0].trip_ms: found 10001; expected an integer from 0 to 10000"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: rtu_over_tcp_listen\n    listen: localhost\n",
     {"11: lines[0].registration: key is missing; expected with transport rtu_over_tcp_listen",
      "13: lines[0].listen: found localhost; expected an IPv4 or IPv6 address"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: rtu_over_tcp_listen\n    registration: \"hex:0g\"\n",
     {"13: lines[0].registration: found hex:0g; expected 1 to 64 bytes, as text or as hex: and pairs of hex digits"}},
    {"    port: /dev/ttyUSB0\n",
     "    transport: rtu_over_tcp_listen\n    registration: \"hex:\"\n",
     {"13: lines[0].registration: found hex:; expected 1 to 64 bytes, as text or as hex: and pairs of hex digits"}},
    {"lines:\n",
     "lines:\n"
     "  - {id: a, transport: rtu_over_tcp_listen, registration: DTU-1}\n"
     "  - {id: b, transport: rtu_over_tcp_listen, registration: DTU-17}\n"
     "  - {id: c, transport: rtu_over_tcp_listen, registration: DTU-17, tcp_port: 503}\n",
     {"12: lines[1].registration: begins as that of lines[0]; expected packets that can be told apart"}},
    {"lines:\n",
     "lines:\n"
     "  - {id: a, transport: tcp, host: plc}\n"
     "  - {id: b, transport: rtu_over_tcp, host: plc}\n"
     "  - {id: c, transport: tcp, host: plc, tcp_port: 503}\n",
     {"12: lines[1].host: plc:502 is dialled for lines[0] already; expected one line for each"}},
    {"profile: qdy30a,",
     "profile: qdy30a, identity: 0000 1267,",
     {"22: lines[0].devices[0].identity: qdy30a has no identity registers; expected no such key, or a profile with"
      " identity"}},
    {"profile: qdy30a,",
     "profile: dfrobot-urm14, identity: 0000,",
     {"22: lines[0].devices[0].identity: found 0000; expected the 2 registers of dfrobot-urm14 as words of four hex"
      " digits, a space between two"}},
    {"profile: qdy30a,",
     "profile: dfrobot-urm14, identity: 0000 12g7,",
     {"22: lines[0].devices[0].identity: found 0000 12g7; expected the 2 registers of dfrobot-urm14 as words of four"
      " hex digits, a space between two"}},
    {"unit_id: 5", "unit_id: 0", {"22: lines[0].devices[0].unit_id: found 0; expected an integer from 1 to 247"}},
    {"lines:\n",
     "lines:\n"
     "  - {id: a, transport: tcp, host: plc, devices: [{id: d, unit_id: 248, profile: qdy30a, subject: home-1}]}\n",
     {"11: lines[0].devices[0].unit_id: found 248; expected an integer from 1 to 247, or 0 or 255"}},
    {"    port: /dev/ttyUSB0\n",
     "    port: /dev/ttyUSB0\n    parity: mark\n",
     {"13: lines[0].parity: found mark; expected one of none, even, odd"}},
    {"    port: /dev/ttyUSB0\n",
     "    port: /dev/ttyUSB0\n    stop_bits: 3\n",
     {"13: lines[0].stop_bits: found 3; expected an integer from 1 to 2"}},
    {"    port: /dev/ttyUSB0\n",
     "    port: /dev/ttyUSB0\n    timeout_ms: 0\n",
     {"13: lines[0].timeout_ms: found 0; expected an integer from 20 to 10000"}},
    {"lines:\n",
     "lines:\n  - {id: line-1, port: /dev/ttyUSB0, nodes: [{id: node-1, unit_id: 1}]}\n",
     {"13: lines[1].port: /dev/ttyUSB0 is the port of lines[0] already; expected one line for each port",
      "12: lines[1].id: line-1 is the id of lines[0] already; expected an id used once",
      "15: lines[1].nodes[0].id: node-1 is the id of lines[0].nodes[0] already; expected an id used once"}},
    {"store: {path: gateway.db}\n",
     "store: {path: gateway.db, quota_mb: 15, keep_readings_days: -1}\n",
     {"4: store.keep_readings_days: found -1; expected an integer from 0 to 36500"}},
    {"store: {path: gateway.db}\n",
     "store: {path: gateway.db, keep: {rain_mm: 36501}}\n",
     {"4: store.keep.rain_mm: found 36501; expected an integer from 0 to 36500"}},
    {"store: {path: gateway.db}\n",
     "store: {path: gateway.db, keep: {rain: 30}}\n",
     {"4: store.keep.rain: unknown key at column 34; expected one of water_index_l, level_mm, cover_tilt_deg,"
      " cover_open, rain_mm, battery_v, water_reverse_index_l, cover_float, flow_l_per_h, temperature_c, pressure_kpa,"
      " velocity_m_per_s, discharge_m3_per_s, signal, sensor_tilt_deg, pipe_empty, valve_open, distance_mm"}},
    {"store: {path: gateway.db}\n",
     "store: {path: gateway.db, quota_mb: 15}\n",
     {"4: store.quota_mb: is 15; expected 0, or at least 12 more than reserve_mb: 16"}},
    {"store: {path: gateway.db}\n", "", {"1: store: key is missing; expected store: {path: FILE}"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost, done_on: ack}\n",
     {"5: mqtt.done_on: found ack; expected receipt or puback"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost, telemetry: on}\n",
     {"5: mqtt.telemetry: found on; expected off, sites or all"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost}\nincident: {distance_m: -1, within_s: 0, off_delay_s: soon}\n",
     {"6: incident.distance_m: found -1; expected a number from 0 to 100000",
      "6: incident.within_s: found 0; expected a number from 1 to 604800",
      "6: incident.off_delay_s: found soon; expected a number from 0 to 604800"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost}\nstorm: {alert: green, warning: pink, poll_interval_ms: 10, quiet_s: -1}\n",
     {"6: storm.alert: found green; expected one of blue, yellow, orange, red, or off",
      "6: storm.warning: found pink; expected one of blue, yellow, orange, red, or off",
      "6: storm.poll_interval_ms: found 10; expected an integer from 50 to 3600000",
      "6: storm.quiet_s: found -1; expected a number from 0 to 604800"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost, resend_after_s: 60, resend_after_max_s: 30}\n",
     {"5: mqtt.resend_after_max_s: is 30; expected at least resend_after_s, 60"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost, cap: maybe}\n",
     {"5: mqtt.cap: found maybe; expected on or off"}},
    {"mqtt: {host: localhost}\n",
     "mqtt: {host: localhost, discovery_prefix: home/+}\n",
     {"5: mqtt.discovery_prefix: is \"home/+\"; expected a topic without '+' and '#', no '/' at its ends"}},
    {"mqtt: {host: localhost}\n", "", {"1: mqtt: key is missing; expected mqtt: {host: NAME}"}},
    {"host: localhost",
     "host: localhost, port: 65536",
     {"5: mqtt.port: found 65536; expected an integer from 1 to 65535"}},
    {"host: localhost",
     "host: localhost, password_file: nowhere.txt",
     {"5: mqtt.username: key is missing; expected a user name, since password_file is given",
      "5: mqtt.password_file: cannot read nowhere.txt: No such file or directory; expected a readable file"}},
    {"host: localhost",
     "host: localhost, tls: {ca_file: /, certificate_file: nowhere.pem}",
     {"5: mqtt.tls.key_file: key is missing; expected the key of certificate_file",
      "5: mqtt.tls.ca_file: / is not a file; expected a readable file",
      "5: mqtt.tls.certificate_file: cannot read nowhere.pem: No such file or directory; expected a readable file"}},
    {"host: localhost",
     "host: localhost, tls: {ca_file: /, key_file: /}",
     {"5: mqtt.tls.certificate_file: key is missing; expected the certificate of key_file",
      "5: mqtt.tls.ca_file: / is not a file; expected a readable file",
      "5: mqtt.tls.key_file: / is not a file; expected a readable file"}},
    {"host: localhost",
     "host: localhost, tls: {}",
     {"5: mqtt.tls.ca_file: key is missing; expected a text of 1 to 4095 bytes"}},
};

struct seen {
    const char *file;
    unsigned count;
    char problems[8][512];
};

static void on_problem(void *ctx, const char *file, unsigned line, const char *field, const char *text)
{
    struct seen *seen = ctx;
    assert_string_equal(file, seen->file);
    if (seen->count < 8)
        snprintf(seen->problems[seen->count], sizeof seen->problems[0], "%u: %s: %s", line, field, text);
    seen->count++;
}

/* Loads the text from a file of its own. */
static int load(const char *text, enum config_use use, struct seen *seen, struct gateway_config **config)
{
    char path[] = "/tmp/stillwater-config-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    *seen = (struct seen){.file = path};
    struct config_report report = {seen, on_problem};
    int error = config_load(path, use, report, config);
    unlink(path);
    return error;
}

static void replaced(const char *replace, const char *with, char *text, size_t size)
{
    const char *at = strstr(good, replace);
    assert_non_null(at);
    snprintf(text, size, "%.*s%s%s", (int)(at - good), good, with, at + strlen(replace));
}

/* Prints each difference, so that a changed sentence is seen in all its places at once. */
static unsigned differences(const struct bad *bad)
{
    char text[4096];
    struct seen seen;
    struct gateway_config *config;
    unsigned expected = 0, different = 0;
    replaced(bad->replace, bad->with, text, sizeof text);
    int error = load(text, CONFIG_FOR_DAEMON, &seen, &config);
    for (; expected < 4 && bad->problems[expected]; expected++) {
        if (expected < seen.count && strcmp(seen.problems[expected], bad->problems[expected]) == 0) continue;
        print_error("expected  %s\nfound     %s\n", bad->problems[expected],
                    expected < seen.count ? seen.problems[expected] : "nothing");
        different++;
    }
    for (unsigned i = expected; i < seen.count && i < 8; i++, different++)
        print_error("for %s\nalso      %s\n", bad->with, seen.problems[i]);
    if (error != SW_ERROR_CONFIG || config) different++;
    config_free(config);
    return different;
}

static void every_bad_file_is_told_by_line_field_and_expectation(void **state)
{
    (void)state;
    unsigned different = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        different += differences(&cases[i]);
    assert_int_equal(different, 0);
}

static void all_problems_are_told_at_once(void **state)
{
    (void)state;
    static const char text[] = "schema: stillwater.gateway/1\ncity: .\ngateway: gw\nsubjects: 3\nlines: {}\n"
                               "mqtt: {host: h, port: x, inflight: 0}\nstore: {}\n";
    struct seen seen;
    struct gateway_config *config;
    assert_int_equal(load(text, CONFIG_FOR_DAEMON, &seen, &config), SW_ERROR_CONFIG);
    assert_int_equal(seen.count, 6);
}

static void a_missing_file_is_told(void **state)
{
    (void)state;
    struct seen seen = {.file = "/nowhere/gateway.yaml"};
    struct gateway_config *config;
    struct config_report report = {&seen, on_problem};
    assert_int_equal(config_load(seen.file, CONFIG_FOR_DAEMON, report, &config), SW_ERROR_CONFIG);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.problems[0],
                        "0: : cannot open the file: No such file or directory; expected a readable YAML file");
}

static void an_empty_file_is_told(void **state)
{
    (void)state;
    struct seen seen;
    struct gateway_config *config;
    assert_int_equal(load("# nothing\n", CONFIG_FOR_DAEMON, &seen, &config), SW_ERROR_CONFIG);
    assert_string_equal(seen.problems[0], "1: : the file is empty; expected keys such as schema, city and gateway");
}

static void a_folder_is_no_file(void **state)
{
    (void)state;
    struct seen seen = {.file = "/tmp"};
    struct gateway_config *config;
    struct config_report report = {&seen, on_problem};
    assert_int_equal(config_load(seen.file, CONFIG_FOR_DAEMON, report, &config), SW_ERROR_CONFIG);
    assert_string_equal(seen.problems[0], "0: : cannot read the file: Is a directory; expected a readable YAML file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bad_file_is_told_by_line_field_and_expectation),
        cmocka_unit_test(all_problems_are_told_at_once),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(an_empty_file_is_told),
        cmocka_unit_test(a_folder_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
