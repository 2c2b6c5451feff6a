// Package fields names a few fields of the runner's log.
package fields

const (
	DurationS      = "duration_s"
	HTTPStatusCode = "status"
)

type Deprecation struct{ Standard string }

var Deprecated = map[string]Deprecation{}
var VariantVersion = map[string]int{}
