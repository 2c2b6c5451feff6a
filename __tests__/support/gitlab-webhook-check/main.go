// gitlab-webhook-check reads a webhook's body from standard input with GitLab's own Go client and prints what the
// client understood, as JSON. Its argument is the value of X-Gitlab-Event. It ends with 1 when the client refuses the body.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(eventName string) error {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	event, err := gitlab.ParseWebhook(gitlab.EventType(eventName), body)
	if err != nil {
		return err
	}
	job, ok := event.(*gitlab.JobEvent)
	if !ok {
		return fmt.Errorf("%q is read as %T, not as a job event", eventName, event)
	}
	return json.NewEncoder(os.Stdout).Encode(job)
}
