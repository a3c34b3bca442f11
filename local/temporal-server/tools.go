//go:build tools

// Package tools pins the Temporal CLI, whose binary carries the development server and its UI, and the same server on its own with
// its schema tool: production runs those, and so do tests of production.
package tools

import (
	_ "github.com/temporalio/cli/cmd/temporal"
	_ "go.temporal.io/server/cmd/server"
	_ "go.temporal.io/server/cmd/tools/sql"
)
