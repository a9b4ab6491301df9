#include "boards/stm32f405/board.h"

#include "boards/cortex-m/board.h"
#include "boards/cortex-m/cortex_m.h"
#include "boards/stm32f405/clock_tree.h"
#include "boards/stm32f405/stm32f405.h"
#include "boards/stm32f405/usart.h"

/* LSI runs at 17 to 47 kHz; divided by 64 and counted from 4095 that is 5.6 to 15 s. */
#define IWDG_PRESCALER_64 4u
#define IWDG_RELOAD       4095u
#define IWDG_KEY_UNLOCK   0x5555u
#define IWDG_KEY_FEED     0xAAAAu
#define IWDG_KEY_START    0xCCCCu

#define GPIO_MODE_OUTPUT    1u
#define GPIO_MODE_ALTERNATE 2u
#define GPIO_AF_USART       7u

static struct clock_tree clocks;
static struct usart usarts[BOARD_LINE_COUNT];

void USART1_Handler(void);
void USART2_Handler(void);

void USART1_Handler(void)
{
    usart_handle_interrupt(&usarts[BOARD_LINE_GATEWAY]);
}

void USART2_Handler(void)
{
    usart_handle_interrupt(&usarts[BOARD_LINE_SENSORS]);
}

__attribute__((section(".vectors.device"), used)) static const board_handler device_vectors[STM32_IRQ_COUNT] = {
    [STM32_IRQ_USART1] = USART1_Handler,
    [STM32_IRQ_USART2] = USART2_Handler,
};

static void set_mode(struct stm32_gpio *gpio, uint32_t pin, uint32_t mode)
{
    gpio->moder = (gpio->moder & ~(3u << (2 * pin))) | mode << (2 * pin);
}

static void set_alternate(struct stm32_gpio *gpio, uint32_t pin, uint32_t function)
{
    uint32_t shift = 4 * (pin % 8);
    gpio->afr[pin / 8] = (gpio->afr[pin / 8] & ~(0xfu << shift)) | function << shift;
    set_mode(gpio, pin, GPIO_MODE_ALTERNATE);
}

/* A receiver input without a driver must idle high, or noise becomes bytes. */
static void pull_up(struct stm32_gpio *gpio, uint32_t pin)
{
    gpio->pupdr = (gpio->pupdr & ~(3u << (2 * pin))) | 1u << (2 * pin);
}

static void start_pins(void)
{
    static const uint32_t usart_pins[] = {STM32F405_GATEWAY_TX, STM32F405_GATEWAY_RX, STM32F405_SENSORS_TX,
                                          STM32F405_SENSORS_RX};
    for (unsigned i = 0; i < sizeof usart_pins / sizeof usart_pins[0]; i++)
        set_alternate(STM32_GPIOA, usart_pins[i], GPIO_AF_USART);
    pull_up(STM32_GPIOA, STM32F405_GATEWAY_RX);
    pull_up(STM32_GPIOA, STM32F405_SENSORS_RX);
    /* Low before it becomes an output: the node does not speak by accident. */
    STM32_GPIOA->bsrr = 1u << (STM32F405_GATEWAY_DE + 16) | 1u << (STM32F405_SENSORS_DE + 16);
    set_mode(STM32_GPIOA, STM32F405_GATEWAY_DE, GPIO_MODE_OUTPUT);
    set_mode(STM32_GPIOA, STM32F405_SENSORS_DE, GPIO_MODE_OUTPUT);
}

static void start_counter(uint32_t clock_hz)
{
    STM32_TIM2->psc = clock_hz / 1000000u - 1;
    STM32_TIM2->arr = 0xffffffffu;
    STM32_TIM2->egr = 1u; /* takes the prescaler over */
    STM32_TIM2->cr1 = 1u;
}

void board_start(void)
{
    clocks = clock_tree_start();
    STM32_RCC->ahb1enr |= RCC_AHB1ENR_GPIOA;
    STM32_RCC->apb1enr |= RCC_APB1ENR_TIM2 | RCC_APB1ENR_USART2;
    STM32_RCC->apb2enr |= RCC_APB2ENR_USART1;
    (void)STM32_RCC->apb2enr; /* a peripheral answers two cycles after its clock is on */
    start_pins();
    start_counter(clocks.timer_hz);
}

uint32_t board_counter_us(void)
{
    return STM32_TIM2->cnt;
}

struct board_alarm_clock board_alarm_clock(void)
{
    return (struct board_alarm_clock){.hz = clocks.systick_hz, .processor_clock = false};
}

enum sw_reset_reason board_reset_reason(void)
{
    uint32_t flags = STM32_RCC->csr;
    STM32_RCC->csr = flags | RCC_CSR_RMVF;
    /* Every reset pulls the pin too, hence the order. */
    if (flags & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) return SW_RESET_WATCHDOG;
    if (flags & RCC_CSR_SFTRSTF) return SW_RESET_COMMAND;
    if (flags & (RCC_CSR_PORRSTF | RCC_CSR_BORRSTF)) return SW_RESET_POWER_ON;
    if (flags & RCC_CSR_PINRSTF) return SW_RESET_PIN;
    return SW_RESET_UNKNOWN;
}

/* Folds the 96 bits of the chip's unique id. The emulator has nothing at that address and would fault. */
uint32_t board_serial(void)
{
    if (!clocks.modelled) return STM32F405_EMULATED_SERIAL;
    uint32_t hash = 2166136261u;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (STM32_UNIQUE_ID[i] >> shift & 0xffu)) * 16777619u;
    return hash != 0 ? hash : 1;
}

enum sw_board board_identity(void)
{
    return SW_BOARD_STM32F405;
}

const uint8_t *board_config_page(void)
{
    return (const uint8_t *)STM32F405_CONFIG_PAGE;
}

void board_watchdog_start(void)
{
    STM32_IWDG->kr = IWDG_KEY_START;
    STM32_IWDG->kr = IWDG_KEY_UNLOCK;
    STM32_IWDG->pr = IWDG_PRESCALER_64;
    STM32_IWDG->rlr = IWDG_RELOAD;
    STM32_IWDG->kr = IWDG_KEY_FEED;
}

void board_watchdog_feed(void)
{
    STM32_IWDG->kr = IWDG_KEY_FEED;
}

void board_line_open(enum board_line line, struct port_uart *port)
{
    struct usart *usart = &usarts[line];
    bool gateway = line == BOARD_LINE_GATEWAY;
    usart->registers = gateway ? STM32_USART1 : STM32_USART2;
    usart->clock_hz = gateway ? clocks.apb2_hz : clocks.apb1_hz;
    usart->driver_enable_port = STM32_GPIOA;
    usart->driver_enable_pin = gateway ? STM32F405_GATEWAY_DE : STM32F405_SENSORS_DE;
    usart_open(usart, port);
    cm_enable_interrupt(gateway ? STM32_IRQ_USART1 : STM32_IRQ_USART2);
}

bool board_line_pending(enum board_line line)
{
    return byte_ring_pending(&usarts[line].received);
}

uint32_t board_line_sending_us(enum board_line line)
{
    return usarts[line].send_at ? usarts[line].character_us : 0;
}
