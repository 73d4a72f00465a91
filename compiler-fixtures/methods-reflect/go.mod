module fixture.test/methodsreflect

go 1.25
