"""The load generator: rooms of raw TCP clients in one epoll loop, without gevent, so that the server is
saturated before the generator is. A missing, changed or reordered delivery is a Fault."""
