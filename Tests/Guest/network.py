"""Real packets for the network tests.

serve PROTOCOL:PORT...   answers each client with the address it is seen by, and prints it; prints "ready" first
reach PROTOCOL ADDRESS PORT [SECONDS]
                         prints what became of it: "reached by ADDRESS-SEEN", "prohibited" (told so by a router),
                         "refused", "unreachable" (no route), or "silent"
forge SOURCE DESTINATION PORT TO-MAC [FROM-MAC [VLAN]]
                         sends one UDP datagram on eth0, from addresses that need not be ours
"""
import errno
import os
import selectors
import socket
import struct
import sys

EVENTS = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "prohibited",  # what an ICMP "administratively prohibited" is to IPv4
    errno.EACCES: "prohibited",  # ... and to IPv6
    errno.EPERM: "prohibited",  # ... and what a packet dropped on its way out of this machine is
    errno.ENETUNREACH: "unreachable",
}


def serve(*ports):
    selector = selectors.DefaultSelector()
    for word in ports:
        protocol, port = word.split(":")
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        listener = socket.socket(socket.AF_INET6, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", int(port)))
        if protocol == "tcp":
            listener.listen()
        else:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        selector.register(listener, selectors.EVENT_READ, protocol)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            try:
                if key.data == "tcp":
                    client, peer = key.fileobj.accept()
                    seen = peer[0].removeprefix("::ffff:")
                    print(seen, flush=True)
                    client.sendall(seen.encode())
                    client.close()
                else:
                    _, control, _, peer = key.fileobj.recvmsg(1500, 64)
                    seen = peer[0].removeprefix("::ffff:")
                    print(seen, flush=True)
                    # From the address that it was sent to, where this end has several; by whatever interface.
                    to = [(level, kind, data[:16] + bytes(4)) for level, kind, data in control]
                    key.fileobj.sendmsg([seen.encode()], to, 0, peer)
            except OSError:
                pass  # a forged source may be one that cannot be answered


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def reach(protocol, address, port, seconds="3"):
    six = ":" in address
    family = socket.AF_INET6 if six else socket.AF_INET
    limit = float(seconds) * int(os.environ.get("SLOW", "1"))
    try:
        if protocol == "icmp":
            peer = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
            echo, reply, unreachable = (128, 129, 1) if six else (8, 0, 3)
            message = struct.pack("!BBHHH", echo, 0, 0, os.getpid() & 0xFFFF, 1)
            if not six:
                message = struct.pack("!BBHHH", echo, 0, checksum(message), os.getpid() & 0xFFFF, 1)
            peer.settimeout(limit)
            peer.connect((address, 0))
            peer.send(message)
            while True:
                answer = peer.recv(1500)
                answer = answer if six else answer[(answer[0] & 15) * 4 :]
                if answer[0] == reply and answer[4:6] == message[4:6]:
                    return "reached"
        peer = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
        peer.settimeout(limit)
        peer.connect((address, int(port)))
        if protocol == "udp":
            peer.send(b"?")
        return "reached by " + peer.recv(1500).decode()
    except TimeoutError:
        return "silent"
    except OSError as error:
        return EVENTS.get(error.errno, str(error))


def packet(source, destination, port):
    """An IP packet with one UDP datagram, checksums and all"""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    payload = b"forged"
    length = 8 + len(payload)
    pseudo = ends + (struct.pack("!II", length, 17) if ":" in source else struct.pack("!BBH", 0, 17, length))
    udp = struct.pack("!HHHH", 4242, int(port), length, 0) + payload
    udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp) or 0xFFFF) + udp[8:]
    if ":" in source:
        return 0x86DD, struct.pack("!IHBB", 6 << 28, length, 17, 64) + ends + udp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0, 64, 17, 0) + ends
    return 0x0800, head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


def forge(source, destination, port, to, mac=None, vlan=None):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("eth0", 0))
        own = wire.getsockname()[4]
        kind, body = packet(source, destination, port)
        tag = struct.pack("!HH", 0x8100, int(vlan)) if vlan else b""
        wire.send(octets(to) + (octets(mac) if mac else own) + tag + struct.pack("!H", kind) + body)


if __name__ == "__main__":
    result = {"serve": serve, "reach": reach, "forge": forge}[sys.argv[1]](*sys.argv[2:])
    if result is not None:
        print(result)
