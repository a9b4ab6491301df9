/* CRC-16 of Modbus RTU (Modbus over serial line V1.02 §6.2.2): polynomial 0xa001 reflected, start 0xffff. */
#ifndef FIRMWARE_RTU_CRC16_H
#define FIRMWARE_RTU_CRC16_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_START 0xffffu

/* The sum after one more byte. Over a whole frame, its CRC (low byte first) included, it comes to 0. */
uint16_t crc16_step(uint16_t crc, uint8_t byte);

uint16_t crc16_over(const uint8_t *bytes, size_t size);

#endif
