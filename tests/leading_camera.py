"""A network camera whose addresses lead to another port: by redirects over HTTP and RTSP, by a playlist
and by the description of a session. At the other port are the pictures of a film, and at a third one,
over UDP, nobody.

Usage: leading_camera.py PORT OTHER THIRD FILM
Prints "listening"; then, at the other port, what is asked for, and when somebody listens at the third."""
import socket
import sys
import threading
import time

port, other, third = map(int, sys.argv[1:4])
with open(sys.argv[4], "rb") as film:
    pictures = film.read()
playlist = ("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
            f"http://127.0.0.1:{other}/playlist.ts\n#EXT-X-ENDLIST\n").encode()
session = ("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
           f"m=video {third} RTP/AVP 96\na=rtpmap:96 H264/90000\n").encode()


def found(kind, content):
    return (f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n").encode() + content


def lead(client):
    stream = client.makefile("rb")
    while line := stream.readline():
        method, address = line.decode().split()[:2]
        headers = dict(h.decode().strip().split(": ", 1) for h in iter(stream.readline, b"\r\n"))
        if method == "OPTIONS":
            client.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {headers['CSeq']}\r\n"
                           "Public: DESCRIBE\r\n\r\n".encode())
        elif method == "DESCRIBE":
            client.sendall(f"RTSP/1.0 302 Found\r\nCSeq: {headers['CSeq']}\r\n"
                           f"Location: rtsp://127.0.0.1:{other}/redirect\r\n\r\n".encode())
        else:
            client.sendall(
                found("application/vnd.apple.mpegurl", playlist) if address == "/playlist" else
                found("application/sdp", session) if address == "/session" else
                f"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:{other}/redirect.ts\r\n\r\n".encode())
            return


def show(client):
    print(client.recv(4096).decode().split("\r\n")[0], flush=True)
    client.sendall(found("video/mp2t", pictures))


def serve(server, answer):
    while True:
        with server.accept()[0] as client:
            try:
                answer(client)
            except OSError:
                pass


for at, answer in (port, lead), (other, show):
    server = socket.create_server(("127.0.0.1", at))
    threading.Thread(target=serve, args=(server, answer), daemon=True).start()
print("listening", flush=True)
while True:
    with open("/proc/net/udp") as sockets:
        if f":{third:04X} " in sockets.read():
            print("UDP", flush=True)
            break
    time.sleep(0.02)
while True:
    time.sleep(60)
