//go:build tools

// Package tools pins the Temporal CLI, whose binary carries the development server and its UI.
package tools

import (
	_ "github.com/temporalio/cli/cmd/temporal"
	_ "go.temporal.io/server/cmd/server"
	_ "go.temporal.io/server/cmd/tools/sql"
)
