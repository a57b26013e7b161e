#!/usr/bin/env python3
"""A network camera for one client: MJPEG over HTTP, 75 pictures, 25 a second, except for a second of silence after the 30th. Two parts, after the 20th and the 40th picture, are KIND: empty, garbage,
half a picture, of another type (text), or none.
Usage: mjpeg_camera.py PORT JPEG KIND"""
import socket
import sys
import time

port, picture, kind = int(sys.argv[1]), open(sys.argv[2], "rb").read(), sys.argv[3]
odd = {"empty": b"", "garbage": bytes(5000), "half": picture[: len(picture) // 2], "text": b"busy"}


def part(content, media="image/jpeg"):
    head = "--frame\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (media, len(content))
    return head.encode() + content + b"\r\n"


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(1)
print("listening", flush=True)
client, _ = listener.accept()
client.recv(4096)
client.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
for number in range(1, 76):
    client.sendall(part(picture))
    if number in (20, 40) and kind in odd:
        client.sendall(part(odd[kind], "text/plain" if kind == "text" else "image/jpeg"))
    time.sleep(1 if number == 30 else 0.04)
