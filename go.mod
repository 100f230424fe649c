module cloudfiles.dev

go 1.26
