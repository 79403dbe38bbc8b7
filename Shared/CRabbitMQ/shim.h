#ifndef CITYCOOP_CRABBITMQ_SHIM_H
#define CITYCOOP_CRABBITMQ_SHIM_H

// Before amqp.h, which only declares struct timeval: Swift needs to see its fields.
#include <sys/time.h>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

// amqp_login_with_properties is variadic (its credentials depend on the SASL method), and Swift calls no variadic C.
static inline amqp_rpc_reply_t citycoop_amqp_login_plain(
    amqp_connection_state_t connection, const char *vhost, int channel_max, int frame_max, int heartbeat_seconds,
    const amqp_table_t *client_properties, const char *user, const char *password) {
  return amqp_login_with_properties(connection, vhost, channel_max, frame_max, heartbeat_seconds, client_properties,
                                    AMQP_SASL_METHOD_PLAIN, user, password);
}

#endif
