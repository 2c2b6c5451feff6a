// Package oidc has the names that the runner mentions.
package oidc

type Option func()
type Source struct{}

func NewSource(...Option) *Source            { return &Source{} }
func WithSkipIfUnsupportedCloud(bool) Option { return func() {} }
