// The real GitLab Runner for tests: its own packages for configuration, polling, jobs, traces, metrics and signals, with the shell and the
// Docker executor. It is composed here because four of the modules that the whole program needs are not on the module proxy; `stubs` has what
// of their names the compiler asks for. Not there: inputs and run: of jobs, artifacts, caches, autoscaling executors.
package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli"
	"gitlab.com/gitlab-org/gitlab-runner/commands"
	"gitlab.com/gitlab-org/gitlab-runner/common"
	"gitlab.com/gitlab-org/gitlab-runner/executors"
	"gitlab.com/gitlab-org/gitlab-runner/executors/docker"
	"gitlab.com/gitlab-org/gitlab-runner/executors/shell"
	runnerlog "gitlab.com/gitlab-org/gitlab-runner/log"
	"gitlab.com/gitlab-org/gitlab-runner/network"
	"gitlab.com/gitlab-org/gitlab-runner/router"
	_ "gitlab.com/gitlab-org/gitlab-runner/shells"
)

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	providers := executors.NewProviderRegistry(map[string]common.ExecutorProvider{
		"docker": docker.NewProvider(),
		"shell":  shell.NewProvider(program),
	})
	collector := network.NewAPIRequestsCollector()
	folder := commands.GetDefaultCertificateDirectory()
	direct := network.NewGitLabClient(
		network.WithAPIRequestsCollector(collector),
		network.WithCertificateDirectory(folder),
		network.WithExecutorProviderFunc(providers.GetByName),
	)
	client := router.NewClient(direct, folder, common.AppVersion.UserAgent())
	defer client.Shutdown()

	app := cli.NewApp()
	app.Name = "gitlab-runner"
	app.Version = common.AppVersion.ShortLine()
	app.Commands = []cli.Command{
		commands.NewLintCommand(),
		commands.NewListCommand(),
		commands.NewRegisterCommand(client, providers),
		commands.NewRunCommand(client, collector, providers),
		commands.NewUnregisterCommand(client),
		commands.NewVerifyCommand(client),
		configurationKeys,
	}
	runnerlog.ConfigureLogging(app)
	return app.Run(arguments)
}
