module fixture.test/methodsreflect

go 1.22
