"""A network camera: shows one client a picture over RTSP, as MPEG video inside the connection.

Usage: rtsp_camera.py PORT PICTURE SECONDS"""
import signal
import socket
import subprocess
import sys

port, picture, seconds = int(sys.argv[1]), sys.argv[2], sys.argv[3]
description = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 32\r\n"
answers = {
    "OPTIONS": "Public: DESCRIBE, SETUP, PLAY\r\n\r\n",
    "DESCRIBE": "Content-Type: application/sdp\r\n"
                f"Content-Length: {len(description)}\r\n\r\n{description}",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n",
    "PLAY": "Session: 1\r\n\r\n",
}
server = socket.create_server(("127.0.0.1", port))
print("listening", flush=True)
client = server.accept()[0]
lines = client.makefile("r", newline="\r\n")
method = ""
while method != "PLAY":
    method = lines.readline().split()[0]
    headers = dict(line.strip().split(": ", 1) for line in iter(lines.readline, "\r\n"))
    client.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {headers['CSeq']}\r\n{answers[method]}".encode())

media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
media.bind(("127.0.0.1", 0))
media.settimeout(0.5)
encoder = subprocess.Popen(
    ["ffmpeg", "-loglevel", "error", "-re", "-loop", "1", "-framerate", "25", "-i", picture,
     "-t", seconds, "-c:v", "mpeg2video", "-q:v", "3", "-f", "rtp",
     f"rtp://127.0.0.1:{media.getsockname()[1]}"],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
signal.signal(signal.SIGTERM, lambda *_: (encoder.kill(), sys.exit()))
while True:
    try:
        packet = media.recv(65536)
        client.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)
    except socket.timeout:
        if encoder.poll() is not None:
            break
