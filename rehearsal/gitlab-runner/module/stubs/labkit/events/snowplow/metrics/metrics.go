// Package metrics has the names that the runner mentions.
package metrics

type CollectorOption func()

func WithCollectorNamespace(string) CollectorOption                         { return func() {} }
func WithCollectorBatchDeliveryDurationBuckets(b []float64) CollectorOption { return func() {} }
