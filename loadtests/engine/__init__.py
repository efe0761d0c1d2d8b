"""The generator: rooms full of raw TCP clients in one epoll loop, without gevent, so that it is not what ends
first. A missing, changed or reordered delivery is a Fault."""
