// Package api names the socket of step-runner.
package api

import "net"

func DefaultSocketPath() string         { return "step-runner.sock" }
func SocketAddr(p string) *net.UnixAddr { return &net.UnixAddr{Name: p, Net: "unix"} }
