/* The floor: what the kernel allows a chat server on one core.
 *
 * It does what chatd's flusher does and nothing else: gathers the whole lines that came in from anyone, makes
 * one send of them to each client a round, and rests between two rounds as long as the last one took, at most
 * 20 ms; `floor PORT restless` does not rest. No names, no parsing, no encoding.
 *
 * Everyone gets everything, the sender too: chatd gives the sender an acknowledgement instead, so both write
 * the same number of lines. Whoever is accepted is greeted with one line, which stands for the welcome.
 *
 * What was gathered stands once in one stream, and each client has its place in it: a short write is made
 * good in the next rounds, so nothing is lost. When the stream is full nothing is read until the slowest has
 * moved on. Short writes are counted and told at the end. Needs Linux 5.11 (epoll_pwait2). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 65536, LINE = 4096, STREAM = 64 << 20, BUFFER = 64 << 10, EVENTS = 256, REST_MAX = 20000000 };

static struct { int used; size_t at; char partial[LINE]; } *client[CLIENTS]; /* by descriptor */
static char *stream, greeting[] = "* welcome\n";
static size_t end;
static int poller, listener, top;
static long short_writes;
static volatile sig_atomic_t over;

static void stop(int number) { (void)number; over = 1; }
static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}
static void check(int result, const char *what) {
    if (result < 0) { perror(what); exit(2); }
}
static void leave(int fd) { close(fd); free(client[fd]); client[fd] = NULL; }

static void enter(void) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
        if (fd >= CLIENTS || !(client[fd] = calloc(1, sizeof **client))) { close(fd); continue; }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        check(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
        client[fd]->at = end; /* the present: nobody gets what was said before */
        if (fd >= top) top = fd + 1;
        if (send(fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0) leave(fd);
    }
}

static void gather(int fd) { /* one read, up to the last newline; what follows it waits for its own */
    ssize_t got = recv(fd, client[fd]->partial + client[fd]->used, LINE - client[fd]->used, 0);
    if (got <= 0) { if (got == 0 || errno != EAGAIN) leave(fd); return; }
    char *start = client[fd]->partial, *last = memrchr(start + client[fd]->used, '\n', got);
    client[fd]->used += got;
    size_t whole = last ? (size_t)(last - start) + 1 : 0;
    memcpy(stream + end, start, whole);
    end += whole;
    client[fd]->used -= whole;
    memmove(start, start + whole, client[fd]->used);
    if (client[fd]->used == LINE) { fprintf(stderr, "a line is too long for the floor\n"); leave(fd); }
}

static size_t round_of_sends(void) { /* returns what nobody waits for any more */
    size_t slowest = end;
    for (int fd = 0; fd < top; fd++) {
        if (!client[fd]) continue;
        if (client[fd]->at < end) {
            ssize_t sent = send(fd, stream + client[fd]->at, end - client[fd]->at, MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) { leave(fd); continue; }
            client[fd]->at += sent > 0 ? sent : 0;
            short_writes += client[fd]->at < end;
        }
        if (client[fd]->at < slowest) slowest = client[fd]->at;
    }
    return slowest;
}

static void forget(size_t taken) {
    memmove(stream, stream + taken, end - taken);
    end -= taken;
    for (int fd = 0; fd < top; fd++) if (client[fd]) client[fd]->at -= taken;
}

static void listen_on(int port) {
    int on = 1, size = BUFFER;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    struct epoll_event event = { .events = EPOLLIN };
    check(listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* inherited by what is accepted */
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    check(bind(listener, (struct sockaddr *)&address, length), "bind");
    check(listen(listener, 4096), "listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    check(poller = epoll_create1(0), "epoll_create1");
    event.data.fd = listener;
    check(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
    fprintf(stderr, "floor listens on tcp://127.0.0.1:%d\n", ntohs(address.sin_port));
}

int main(int argc, char **argv) {
    struct epoll_event ready[EVENTS];
    long due = 0; /* the next round starts no sooner */
    int rests = argc < 3;
    size_t behind = 0;
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    stream = malloc(STREAM);
    listen_on(argc > 1 ? atoi(argv[1]) : 0);
    while (!over) {
        long rest = due - now();
        struct timespec wait = { 0, rest > 0 ? rest : 0 };
        int count = epoll_pwait2(poller, ready, EVENTS, end ? &wait : NULL, NULL);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) enter();
            else if (client[fd] && end + LINE <= STREAM) gather(fd);
        }
        if (!end || now() < due) continue;
        long began = now();
        behind = round_of_sends();
        long ended = now(), took = ended - began;
        if (!rests) took = 0;
        if (behind < end && took < 1000000) took = 1000000; /* someone is stuck: no spinning */
        due = ended + (took < REST_MAX ? took : REST_MAX);
        if (behind == end || behind > STREAM / 2) forget(behind);
    }
    fprintf(stderr, "short writes, all made good: %ld\n", short_writes);
    return 0;
}
