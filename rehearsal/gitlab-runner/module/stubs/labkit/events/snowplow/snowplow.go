// Package snowplow sends nothing: billing events are off in a test.
package snowplow

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"gitlab.com/gitlab-org/labkit/v2/events/snowplow/metrics"
	"gitlab.com/gitlab-org/labkit/v2/events/snowplow/oidc"
)

var errStub = errors.New("labkit stub: no snowplow")

type BillingEventRequiredInput struct {
	Category, EventType, Realm, UnitOfMeasure string
	Quantity                                  float64
}
type BillingEventOptionalInput struct {
	Subject, DeploymentType                                 string
	Metadata                                                map[string]any
	InstanceID, UniqueInstanceID                            string
	ProjectID, NamespaceID, RootNamespaceID, OrganizationID int64
}
type SendResult struct {
	EventCount, StatusCode int
	Err                    error
}
type SendCallback func(successes []SendResult, failures []SendResult)
type EmitterOption func()
type Emitter struct{}
type Tracker struct{}

func WithCallback(SendCallback) EmitterOption                              { return nil }
func WithTokenSource(*oidc.Source) EmitterOption                           { return nil }
func WithMetricsCollectorOptions(...metrics.CollectorOption) EmitterOption { return nil }
func NewEmitter(string, ...EmitterOption) (*Emitter, error)                { return nil, errStub }
func NewTracker(string, *Emitter) (*Tracker, error)                        { return nil, errStub }
func (*Emitter) Collector() prometheus.Collector                           { return nil }
func (*Tracker) Stop()                                                     {}
func (*Tracker) TrackBillingEventWithOptionalInput(BillingEventRequiredInput, BillingEventOptionalInput) error {
	return errStub
}
