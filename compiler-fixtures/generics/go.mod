module fixture.test/generics

go 1.23
