/* One line for each event, "level: area: text", on standard error, where journald picks it up. No resident's data. */
#ifndef GATEWAY_APP_LOG_H
#define GATEWAY_APP_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* `area` says who speaks: "store", "line-1", "node-home". Control characters in the text (it may quote what a broker
 * or a file said) come out as '?', so that an event stays one line. */
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, const char *area, const char *format, ...);

#endif
