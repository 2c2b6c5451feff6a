"""systemctl and systemd-notify of a host of the rehearsal: hands its arguments to the supervisor, and prints what it says."""
import json
import os
import socket
import sys

asked = {
    "program": os.path.basename(sys.argv[0]),
    "arguments": sys.argv[1:],
    "unit": os.environ.get("REHEARSAL_UNIT") if "NOTIFY_SOCKET" in os.environ else None,
}
with socket.socket(socket.AF_UNIX) as supervisor:
    supervisor.connect(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "supervisor.sock"))
    supervisor.sendall(json.dumps(asked).encode() + b"\n")
    answer = b""
    while chunk := supervisor.recv(65536):
        answer += chunk
said = json.loads(answer)
sys.stdout.write(said["stdout"])
sys.stderr.write(said["stderr"])
sys.exit(said["code"])
