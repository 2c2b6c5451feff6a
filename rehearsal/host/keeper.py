"""Keeps the processes of one service, as a control group does for systemd: whatever they start, they do not get away.

On standard input come lines such as `main 15` and `all 9`, signals for the main process or for all of them. On file descriptor 3
go `pid N`, `exited CODE`, `killed SIGNAL` or `dumped SIGNAL` of the main process, and `empty` when nothing is left. When standard input
ends, be it that the supervisor was killed, all processes are.
"""
import ctypes
import os
import select
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
prctl = ctypes.CDLL(None).prctl
# Who loses its parent becomes a child of the keeper, also after setsid and a double fork.
prctl(PR_SET_CHILD_SUBREAPER, 1)
events = 3


def tell(words):
    try:
        os.write(events, f"{words}\n".encode())
    except OSError:
        # The supervisor is gone, and standard input says so too.
        pass


def family():
    """All descendants that still run (proc_pid_stat(5))."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf8", errors="replace") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            parents[int(name)] = (int(parent), state)
    found, grown = {os.getpid()}, True
    while grown:
        more = {pid for pid, (parent, _) in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return [pid for pid in found - {os.getpid()} if parents[pid][1] not in "ZX"]


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def send_to_all(number):
    pids = family()
    send(pids, number)
    # What was forked meanwhile has not been reached.
    while number == signal.SIGKILL and (pids := family()):
        send(pids, number)


wakeup, wake = os.pipe()
os.set_blocking(wake, False)
signal.set_wakeup_fd(wake)
signal.signal(signal.SIGCHLD, lambda *_: None)

main = os.fork()
if main == 0:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Python ignores it; a service does not.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.close(events)
    if "WATCHDOG_USEC" in os.environ:
        os.environ["WATCHDOG_PID"] = str(os.getpid())
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as error:
        os.write(2, f"Failed to execute {sys.argv[1]}: {error.strerror}\n".encode())
        # systemd.exec(5), "Process Exit Codes": EXIT_EXEC
        os._exit(203)
tell(f"pid {main}")


def reap():
    """Whether any process is left."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        if pid == main:
            if os.WIFEXITED(status):
                tell(f"exited {os.WEXITSTATUS(status)}")
            else:
                tell(f"{'dumped' if os.WCOREDUMP(status) else 'killed'} {os.WTERMSIG(status)}")


text = b""
while True:
    ready, _, _ = select.select([0, wakeup], [], [])
    if wakeup in ready:
        os.read(wakeup, 4096)
        if not reap():
            tell("empty")
            sys.exit(0)
    if 0 in ready:
        chunk = os.read(0, 4096)
        if not chunk:
            send_to_all(signal.SIGKILL)
            sys.exit(0)
        *lines, text = (text + chunk).split(b"\n")
        for line in lines:
            whom, number = line.split()
            if whom == b"all":
                send_to_all(int(number))
            else:
                send([main], int(number))
