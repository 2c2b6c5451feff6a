// Package gracefulexitcmd runs a command as os/exec does.
package gracefulexitcmd

import (
	"context"
	"os/exec"
	"time"
)

type Cmd = exec.Cmd

func New(ctx context.Context, d time.Duration, name string, args ...string) *Cmd {
	return exec.CommandContext(ctx, name, args...)
}
