module fixture.test/linedirectives

go 1.22
