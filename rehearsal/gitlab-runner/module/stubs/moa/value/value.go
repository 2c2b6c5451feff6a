// Package value holds JSON values, as far as the runner reads and writes them.
package value

import (
	"encoding/json"
	"errors"
	"iter"
)

type Kind int

const (
	NullKind Kind = iota
	StringKind
	NumberKind
	BoolKind
	ArrayKind
	ObjectKind
)

func (k Kind) String() string {
	return [...]string{"null", "string", "number", "bool", "array", "object"}[k]
}

var (
	ErrAttributeNotFound = errors.New("attribute not found")
	ErrInvalidKey        = errors.New("invalid key")
)

type Mapper interface {
	All() iter.Seq2[Value, Value]
	Attr(string) (Value, error)
	Get(Value) (Value, error)
	Keys() iter.Seq[Value]
	Len() int
	Values() iter.Seq[Value]
	WithMarks(uint16) Mapper
}
type Value struct{ v any }

func Null() Value           { return Value{} }
func String(s string) Value { return Value{s} }
func Object(m Mapper) Value { return Value{m} }
func (v Value) Kind() Kind {
	switch v.v.(type) {
	case string:
		return StringKind
	case float64:
		return NumberKind
	case bool:
		return BoolKind
	case []any:
		return ArrayKind
	case map[string]any, Mapper:
		return ObjectKind
	}
	return NullKind
}
func (v Value) String() string                { s, _ := v.v.(string); return s }
func (v Value) WithMarks(uint16) Value        { return v }
func (v Value) HasMarks(uint16) bool          { return false }
func (v *Value) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &v.v) }
func (v Value) MarshalJSON() ([]byte, error)  { return json.Marshal(v.v) }
