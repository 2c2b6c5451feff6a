// Package runner has the interfaces of built-in steps, which do not run here.
package runner

import (
	"context"
	"io"
	"time"

	"gitlab.com/gitlab-org/step-runner/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

type Kind int

const (
	KindString Kind = iota + 1
	KindList
	KindBool
)

type BuiltinResult struct{}
type BuiltinContext interface {
	GetInput(string, Kind) (*structpb.Value, error)
	GetInputWithDefault(string, Kind, map[string]*proto.Spec_Content_Input) (*structpb.Value, error)
	ListenCancel(context.Context) (context.Context, context.CancelFunc)
	GetJobVars() map[string]*structpb.Value
	GetEnvs() map[string]string
	GetEnvList() []string
	Pipe() (io.Writer, io.Writer)
	WorkDir() string
	GracefulExitDelay() time.Duration
}
type BuiltinFunction interface {
	Spec() *proto.Spec
	Run(context.Context, BuiltinContext) (BuiltinResult, error)
}
