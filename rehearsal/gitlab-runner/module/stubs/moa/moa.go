// Package moa parses no template: jobs with inputs do not run here.
package moa

import (
	"errors"

	"gitlab.com/gitlab-org/moa/ast"
)

func EscapeTemplate(s string) string { return s }
func ParseTemplate(string) (*ast.Template, error) {
	return nil, errors.New("moa stub: job inputs unsupported")
}
