// Package proto has the messages that the runner mentions.
package proto

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
)

type ValueType int

const (
	ValueType_string ValueType = iota + 1
	ValueType_array
	ValueType_boolean
)

type Spec_Content_Input struct {
	Type      ValueType
	Default   *structpb.Value
	Sensitive bool
}
type Spec_Content struct {
	Inputs map[string]*Spec_Content_Input
}

func (c *Spec_Content) GetInputs() map[string]*Spec_Content_Input { return c.Inputs }

type Spec struct{ Spec *Spec_Content }

func (s *Spec) GetSpec() *Spec_Content { return s.Spec }

type StepRunnerServer any

func RegisterStepRunnerServer(*grpc.Server, StepRunnerServer) {}
