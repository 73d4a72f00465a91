module fixture.test/undefinedsymbol

go 1.22
