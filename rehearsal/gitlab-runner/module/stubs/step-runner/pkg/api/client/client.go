// Package client has the types of a call to step-runner.
package client

import "time"

type ErrorKind int

const (
	ErrorUnknown ErrorKind = iota
	ErrorInternal
	ErrorStepFailure
	ErrorCancelled
	ErrorTimeout
)

type State int

const (
	StateUnknown State = iota
	StateSuccess
	StateCancelled
	StateFailure
)

func (s State) String() string { return "state" }

type Status struct {
	State     State
	Message   string
	ErrorKind ErrorKind
}
type Variable struct {
	Key, Value   string
	File, Masked bool
}
type RunRequest struct {
	Id                string
	Timeout           *time.Duration
	WorkDir, BuildDir string
	Env               map[string]string
	Steps             string
	Variables         []Variable
}
