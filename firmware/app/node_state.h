/* What a node is made of, so that a board can allocate it statically. Only node.c looks inside. */
#ifndef FIRMWARE_APP_NODE_STATE_H
#define FIRMWARE_APP_NODE_STATE_H

#include "firmware/app/node.h"
#include "firmware/clock/node_clock.h"
#include "firmware/health/health.h"
#include "firmware/log/record_log.h"
#include "firmware/rtu/rtu_link.h"
#include "firmware/sample/sampler.h"
#include "firmware/sense/bus_master.h"
#include "firmware/serve/server.h"

struct node {
    struct node_ports ports;
    struct retained retained;
    struct rtu_link sensor_link;
    struct bus_master master;
    struct sampler sampler;
    struct record_log log;
    struct rtu_link gateway_link;
    struct server server;
    struct node_clock clock;
    struct health health;
};

#endif
